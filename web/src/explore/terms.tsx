// The arithmetic of one value: the products of inputs and weights by size, with the running sum, the bias, and the check
// that they add up.
import type { Value } from '../api/types';
import { number, signed, whole } from '../state/numbers';
import { say } from '../text/say';

export function Terms({ terms, stale }: { terms: Value; stale: boolean }) {
  const sorted = [...terms.terms].sort((left, right) => Math.abs(right.xw) - Math.abs(left.xw));
  let sum = 0;
  const largest = Math.max(1e-30, Math.abs(sorted[0]?.xw ?? 0));
  if (sorted.length === 0) return terms.reason ? <p class="quiet">{terms.reason}</p> : null;
  return (
    <details class={stale ? 'terms stale' : 'terms'} open>
      <summary>
        {say('terms.title', { count: whole(terms.terms_total) })}
        {terms.bias !== null && ` + ${say('terms.bias', { bias: number(terms.bias) })}`}
      </summary>
      <div class="terms-scroll" tabIndex={0} role="region" aria-label={say('terms.table')}>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{say('terms.channel')}</th>
              <th scope="col">{say('terms.place')}</th>
              <th scope="col">{say('terms.input')}</th>
              <th scope="col">{say('terms.weight')}</th>
              <th scope="col">{say('terms.product')}</th>
              <th scope="col">
                <span class="unseen">{say('terms.bar')}</span>
              </th>
              <th scope="col">{say('terms.sum')}</th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((term) => {
              sum += term.xw;
              return (
                <tr key={`${term.ci}/${term.ky}/${term.kx}`}>
                  <td>{term.ci}</td>
                  <td>
                    {term.ky}, {term.kx}
                  </td>
                  <td>{number(term.x)}</td>
                  <td>{number(term.w)}</td>
                  <td>{signed(term.xw, 4)}</td>
                  <td class="term-bar">
                    <span class={term.xw < 0 ? 'unit-fill negative' : 'unit-fill'} style={{ width: `${(Math.abs(term.xw) / largest) * 100}%` }} />
                  </td>
                  <td>{number(sum)}</td>
                </tr>
              );
            })}
          </tbody>
          <tfoot>
            {terms.rest !== undefined && terms.terms_total > sorted.length && (
              <tr>
                <td colSpan={4}>{say('terms.rest', { count: whole(terms.terms_total - sorted.length) })}</td>
                <td>{signed(terms.rest, 4)}</td>
                <td />
                <td />
              </tr>
            )}
            {terms.pre_activation !== null && terms.activation && (
              <tr>
                <td colSpan={4}>{say('terms.before', { activation: terms.activation })}</td>
                <td>{number(terms.pre_activation)}</td>
                <td />
                <td />
              </tr>
            )}
            <tr>
              <td colSpan={4}>{say('terms.value')}</td>
              <td>
                <strong>{number(terms.value)}</strong>
              </td>
              <td />
              <td />
            </tr>
          </tfoot>
        </table>
      </div>
    </details>
  );
}
