// The explore page: graph, layer, picture and answer side by side; a strip of three on a smaller window; one pane at a
// time on a narrow one. Pictures may be dropped or pasted anywhere.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { addFiles } from '../state/actions';
import { hello, tilesRoom } from '../state/store';
import { Empty, ProblemNote } from '../parts/controls';
import { paneWidth, Separator } from '../parts/separator';
import { say } from '../text/say';
import { AnswerCard } from './answer_card';
import { FolderCard } from './folder_card';
import { GraphPane } from './graph_pane';
import { LayerPane } from './layer_pane';
import { PhotoCard } from './photo_card';
import { StatusBar } from './status_bar';

const graphWidth = paneWidth('graph', 320, 200, 900);
const sideWidth = paneWidth('side', 320, 260, 560);

const narrowPanes = ['graph', 'maps', 'image', 'answer'] as const;
/** The pane that a narrow window shows. */
export const narrowPane = signal<(typeof narrowPanes)[number]>('maps');
const dropping = signal(false);

export function Explore() {
  useDroppedFiles();
  useTilesRoom();
  const server = hello.at.value;
  const models = server.value?.models ?? [];
  const coming = models.find((one) => one.id === null);
  return (
    <div class="explore" data-shown={narrowPane.value}>
      {server.problem && server.problem.code !== 'unreachable' && <ProblemNote problem={server.problem} onAgain={hello.again} />}
      {coming && <Coming name={coming.name} problem={coming.state === 'failed' ? (coming.detail ?? '') : null} />}
      {server.value && !models.some((one) => one.id) ? (
        !coming && <NoModel />
      ) : (
        <>
          <nav class="narrow-tabs" aria-label={say('page.panes')}>
            {narrowPanes.map((pane) => (
              <button key={pane} type="button" aria-pressed={narrowPane.value === pane} onClick={() => (narrowPane.value = pane)}>
                {say(`page.pane.${pane}`)}
              </button>
            ))}
          </nav>
          <div class="columns" style={{ '--graph-width': `${graphWidth.width.value}px`, '--side-width': `${sideWidth.width.value}px` }}>
            <GraphPane />
            <Separator pane={graphWidth} grows={1} label={say('page.graphWidth')} />
            <LayerPane />
            <Separator pane={sideWidth} grows={-1} label={say('page.sideWidth')} />
            <aside class="side-pane" aria-label={say('page.side')}>
              <div class="side-image">
                <PhotoCard />
                <FolderCard />
              </div>
              <div class="side-answer">
                <AnswerCard />
              </div>
            </aside>
          </div>
          <StatusBar />
        </>
      )}
      {dropping.value && <div class="drop-cover">{say('folder.drop')}</div>}
    </div>
  );
}

/** The room for tiles, before they are there: the window less the panes beside them and the bars about them. */
function useTilesRoom(): void {
  useEffect(() => {
    const measure = (): void => {
      const beside = innerWidth >= 1200 ? graphWidth.width.value + sideWidth.width.value : innerWidth >= 800 ? innerWidth * 0.3 : 0;
      const height = innerWidth >= 1200 ? innerHeight - 340 : innerWidth >= 800 ? innerHeight * 0.62 - 240 : innerHeight * 0.56;
      tilesRoom.value = { width: Math.max(120, innerWidth - beside - 66), height: Math.max(100, height) };
    };
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);
}

/** A model that is being read, or could not be. */
function Coming({ name, problem }: { name: string; problem: string | null }) {
  if (problem === null) return <Empty>{say('page.reading', { name })}</Empty>;
  return <ProblemNote problem={{ title: say('page.notRead', { name }), status: 0, code: 'model', detail: problem }} />;
}

function NoModel() {
  return (
    <div class="no-model">
      <h1>{say('page.noModel')}</h1>
      <p>{say('page.noModelHint')}</p>
      <pre>fovea explore MODEL [FOLDER]</pre>
      <p>
        <a href="#/lab">{say('page.lab')}</a> · <a href="#/help">{say('page.help')}</a>
      </p>
    </div>
  );
}

function useDroppedFiles(): void {
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      dropping.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) dropping.value = false;
    };
    const drop = (event: DragEvent): void => {
      dropping.value = false;
      if (!hasFiles(event)) return;
      event.preventDefault();
      void addFiles([...(event.dataTransfer?.files ?? [])]);
    };
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      void addFiles(files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, []);
}
