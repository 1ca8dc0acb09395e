// The teaching laboratory.
import { say } from '../text/say';

export function LabPage() {
  return (
    <div class="text-page">
      <h1>{say('page.lab')}</h1>
    </div>
  );
}
