// The teaching laboratory: everything on it is computed in the page.
import { Segments } from '../parts/controls';
import { say } from '../text/say';
import { choose, wordOf } from './choice';
import { DropoutPart } from './dropout_part';
import { FieldPart } from './field_part';
import { KernelPart } from './kernel_part';
import { LinePart } from './line_part';
import { PoolingPart } from './pooling_part';
import { SoftmaxPart } from './softmax_part';
import { sayLab } from './text';

const parts = { kernel: KernelPart, line: LinePart, pooling: PoolingPart, dropout: DropoutPart, field: FieldPart, softmax: SoftmaxPart };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function LabPage() {
  const name = wordOf('part', names, 'kernel') as keyof typeof parts;
  const Part = parts[name];
  return (
    <div class="text-page wide-page lab-page">
      <h1>{say('page.lab')}</h1>
      <p class="quiet">{sayLab('intro')}</p>
      <Segments label={sayLab('parts')} choices={names.map((one) => ({ value: one, text: sayLab(`part.${one}`) }))} value={name} onChoose={(one) => choose('part', one)} />
      <Part />
    </div>
  );
}
