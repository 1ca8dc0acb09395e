// A histogram as a small drawing; heights go with the root of the count, so that rare values can be seen beside many zeros.
import type { Histogram as Counts } from '../draw/histogram';
import { number, whole } from '../state/numbers';
import { say } from '../text/say';

export function Histogram({ histogram }: { histogram: Counts }) {
  const { counts, low, high, notFinite } = histogram;
  const most = Math.sqrt(Math.max(1, ...counts));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${counts.length * 6} 60`} preserveAspectRatio="none" role="img" aria-label={say('histogram.name', { count: whole(total), low: number(low, 3), high: number(high, 3) })}>
        {counts.map((count, index) => {
          const height = (Math.sqrt(count) / most) * 58;
          return <rect key={index} x={index * 6} y={60 - height} width={5} height={height} />;
        })}
      </svg>
      <figcaption>
        <span>{number(low, 3)}</span>
        {notFinite > 0 && <span class="bad">{say('histogram.notFinite', { count: whole(notFinite) })}</span>}
        <span>{number(high, 3)}</span>
      </figcaption>
    </figure>
  );
}
