// Everything known of a layer, as a table: shapes, parameters, cost, options, and what this picture made of it.
import type { ComponentChildren } from 'preact';
import { bytes, milliseconds, number, percent, shape, short, whole } from '../state/numbers';
import { layer, rowsByLayer } from '../state/store';
import { chooseLayer } from '../state/actions';
import { say } from '../text/say';

export function FactsView() {
  const facts = layer.value;
  if (!facts) return null;
  const row = rowsByLayer.value.get(facts.name);
  return (
    <div class="facts">
      <table class="facts-table">
        <tbody>
          <Fact name={say('facts.kind')}>
            <span lang="en">{facts.kind}</span>
          </Fact>
          <Fact name={say('facts.from')}>{facts.inputs.map((input) => <LayerLink key={input.name} name={input.name} />)}</Fact>
          <Fact name={say('facts.in')}>{facts.inputs.map((input) => shape(input.shape)).join(', ')}</Fact>
          <Fact name={say('facts.out')}>{shape(facts.shape)}</Fact>
          <Fact name={say('facts.paramsName')}>
            {whole(facts.parameters)} {facts.parameters > 0 && `(${say(facts.trainable > 0 ? 'facts.trainable' : 'facts.frozen')})`}
          </Fact>
          {facts.weights.map((weight) => (
            <Fact key={weight.name} name={<span lang="en">{weight.name}</span>}>
              {shape(weight.shape)}
            </Fact>
          ))}
          <Fact name={say('facts.macs')}>{short(facts.multiply_adds)}</Fact>
          {facts.receptive_field.known && !facts.receptive_field.whole && (
            <Fact name={say('facts.field')}>
              {say('facts.fieldValue', { size: shape(facts.receptive_field.size), stride: shape(facts.receptive_field.step) })}
            </Fact>
          )}
          {row && (
            <>
              <Fact name={say('facts.range')}>
                {number(row.min)} … {number(row.max)}
              </Fact>
              <Fact name={say('facts.mean')}>
                {number(row.mean)} ± {number(row.std)}
              </Fact>
              <Fact name={say('facts.zero')}>{percent(row.zero)}</Fact>
              {row.dead !== undefined && (
                <Fact name={say('facts.dead')}>{say('facts.deadOf', { dead: whole(row.dead), all: whole(row.shape[row.shape.length - 1] ?? 1) })}</Fact>
              )}
              {row.bad > 0 && (
                <Fact name={say('badge.nan')}>
                  <span class="bad">{whole(row.bad)}</span>
                </Fact>
              )}
              <Fact name={say('facts.time')}>{milliseconds(row.ns)}</Fact>
              <Fact name={say('facts.memory')}>{bytes(row.bytes)}</Fact>
            </>
          )}
          {Object.entries(facts.options).map(([name, value]) => (
            <Fact key={name} name={<span lang="en">{name}</span>}>
              <code>{String(value)}</code>
            </Fact>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Fact({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  );
}

function LayerLink({ name }: { name: string }) {
  return (
    <button type="button" class="link" onClick={() => chooseLayer(name)}>
      {name}
    </button>
  );
}
