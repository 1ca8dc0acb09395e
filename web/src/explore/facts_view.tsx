// Everything known of a layer, as a table: shapes, parameters, cost, options, and what this picture made of it.
import type { ComponentChildren } from 'preact';
import { bytes, milliseconds, number, percent, shape, short, whole } from '../state/numbers';
import { layer, rowsByLayer } from '../state/store';
import { chooseLayer } from '../state/actions';
import { say } from '../text/say';

export function FactsView() {
  const facts = layer.at.value.value;
  if (!facts) return null;
  const row = rowsByLayer.value.get(facts.id);
  return (
    <div class="facts">
      <table class="facts-table">
        <tbody>
          <Fact name={say('facts.kind')}>
            <span lang="en">{facts.kind}</span>
          </Fact>
          <Fact name={say('facts.from')}>{facts.inputs.map((name) => <LayerLink key={name} name={name} />)}</Fact>
          <Fact name={say('facts.in')}>{facts.in_shapes.map(shape).join(', ')}</Fact>
          <Fact name={say('facts.out')}>{shape(facts.out)}</Fact>
          <Fact name={say('facts.paramsName')}>
            {whole(facts.params)} {facts.params > 0 && `(${say(facts.trainable ? 'facts.trainable' : 'facts.frozen')})`}
          </Fact>
          {facts.weights.map((weight) => (
            <Fact key={weight.name} name={<span lang="en">{weight.name}</span>}>
              {shape(weight.shape)}
            </Fact>
          ))}
          <Fact name={say('facts.macs')}>{short(facts.macs)}</Fact>
          {facts.field && (
            <Fact name={say('facts.field')}>
              {say('facts.fieldValue', { size: shape(facts.field.size), stride: shape(facts.field.stride) })}
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
              <Fact name={say('facts.dead')}>{say('facts.deadOf', { dead: whole(row.dead), all: whole(row.channels) })}</Fact>
              {row.nan > 0 && (
                <Fact name={say('badge.nan')}>
                  <span class="bad">{whole(row.nan)}</span>
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
