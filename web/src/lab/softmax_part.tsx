// Softmax: scores become shares of one; what temperature, a shift of all scores and one large score do to them.
import { Button, Slider } from '../parts/controls';
import { plain } from '../state/numbers';
import { entropyBits, softmax } from './arithmetic';
import { choose, numbersOf, wholeOf } from './choice';
import { Notes } from './kernel_part';
import { sayLab } from './text';

const usual = [2, 1, 0.5, -1];
const most = 8;

export function SoftmaxPart() {
  const scores = numbersOf('scores', 2, most) ?? usual;
  const tenths = wholeOf('temperature', 1, 50, 10);
  const temperature = tenths / 10;
  const shares = softmax(scores, temperature);
  const set = (next: readonly number[]): void => choose('scores', next.map((value) => Number(value.toPrecision(6))).join(','));
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp((score - largest) / temperature));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return (
    <>
      <div class="tools">
        <Slider label={sayLab('soft.temperature')} minimum={1} maximum={50} step={1} value={tenths} shown={plain(temperature)} onChange={(next) => choose('temperature', next)} />
        <Button label={sayLab('soft.shift')} onClick={() => set(scores.map((score) => score + 1))}>
          {sayLab('soft.shift')}
        </Button>
        <Button label={sayLab('soft.more')} disabled={scores.length >= most} onClick={() => set([...scores, 0])}>
          {sayLab('soft.more')}
        </Button>
        <Button label={sayLab('soft.less')} disabled={scores.length <= 2} onClick={() => set(scores.slice(0, -1))}>
          {sayLab('soft.less')}
        </Button>
      </div>
      <div class="table-scroll lab-soft">
        <table class="numbers">
          <thead>
            <tr>
              {(['soft.class', 'soft.score', 'soft.exponential', 'soft.share'] as const).map((key) => (
                <th key={key} scope="col">{sayLab(key)}</th>
              ))}
              <th />
            </tr>
          </thead>
          <tbody>
            {scores.map((score, i) => (
              <tr key={i}>
                <th scope="row">{i}</th>
                <td>
                  <input
                    type="range"
                    min={-10}
                    max={10}
                    step={0.1}
                    value={score}
                    aria-label={sayLab('soft.scoreOf', { n: i })}
                    aria-valuetext={plain(score)}
                    onInput={(event) => set(scores.map((old, k) => (k === i ? Number(event.currentTarget.value) : old)))}
                  />
                  <span class="lab-score">{plain(score, 3)}</span>
                </td>
                <td>{plain(exponentials[i] ?? 0, 4)}</td>
                <td data-share={shares[i]}>{plain(100 * (shares[i] ?? 0), 4)} %</td>
                <td class="lab-share">
                  <meter min={0} max={1} value={shares[i]} aria-hidden="true" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="lab-facts" role="status">
        <p class="lab-formula">{sayLab('soft.formula', { sum: plain(total, 5), largest: plain(largest, 4), t: plain(temperature) })}</p>
        <p class="quiet">{sayLab('soft.entropy', { bits: plain(entropyBits(shares), 4), most: plain(Math.log2(scores.length), 4) })}</p>
      </div>
      <Notes keys={['soft.note', 'soft.noteShift', 'soft.noteCalibration']} />
    </>
  );
}
