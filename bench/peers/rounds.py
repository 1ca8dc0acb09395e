"""What comparisons of engines share: engines as processes that take turns, and the lines of bench/results/."""
import ctypes
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.environ.get("FOVEA_PEERS", os.path.expanduser("~/.cache/fovea/peers"))
PR_SET_PDEATHSIG = 1  # of prctl: the signal that a process gets when its parent ends


def use_peers():
    """Goes on in the interpreter that tools/setup-peers has installed the other engines for."""
    python = os.path.join(PEERS, "bin", "python")
    if os.path.realpath(sys.prefix) == os.path.realpath(PEERS):
        return
    if not os.path.exists(python):
        sys.exit("%s: the other engines are not installed; tools/setup-peers does that" % sys.argv[0])
    os.execv(python, [python, *sys.argv])


def prepare(processors):
    """In the new process: bound to its processors and, where that is allowed, ahead of whatever else is running. Linux
    shares time among sessions first, so the new one is a session of its own."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, processors)
    os.setsid()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -19)
        with open("/proc/self/autogroup", "w") as file:
            file.write("-19")
    except OSError:
        pass


class Engine:
    """A process that runs one network; stopped except when it is asked something."""

    def __init__(self, name, command, processors):
        self.name, self.times = name, []
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=self.said, preexec_fn=lambda: prepare(processors))
        self.version = self.receive("ready")

    def receive(self, word):
        line = self.process.stdout.readline()
        if not line.startswith(word):
            self.end()
            self.said.seek(0)
            said = self.said.read().strip().splitlines()
            raise RuntimeError(said[-1] if said else "it ended")
        self.process.send_signal(signal.SIGSTOP)
        return line[len(word):].strip()

    def ask(self, line, word):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.receive(word)

    def run(self, runs):
        times = [float(text) for text in self.ask("run %d" % runs, "times").split()]
        self.times += times
        return times

    def end(self):
        self.process.kill()
        self.process.communicate()


def processor_name():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    name = re.search(r"model name\s*: (.*)", text)
    kind = re.search(r"cpu family\s*: (\d+)\nmodel\s*: (\d+)", text)
    name = re.sub(r"\s+", " ", name.group(1)) if name else "unknown"
    return name + (" (family %s, model %s)" % kind.groups() if kind else "")


def git(*words):
    done = subprocess.run(["git", "-C", SOURCE, *words], capture_output=True, text=True)
    return done.stdout.strip()


def commit():
    """With a + behind it when files differ from the commit."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results")
    return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")


def circumstances():
    """What every line of results begins with."""
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"), "commit": commit(),
            "cpu": processor_name()}


def record(line, folder, what):
    """Appends a line to the folder's file for `what` on this kind of processor."""
    os.makedirs(folder, exist_ok=True)
    kind = re.sub(r"[^a-z0-9]+", "-", line["cpu"].lower()).strip("-")
    with open(os.path.join(folder, "%s-%s.jsonl" % (what, kind)), "a") as file:
        file.write(json.dumps(line) + "\n")
