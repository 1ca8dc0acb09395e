// A training run, watched live.
import { say } from '../text/say';

export function TrainPage() {
  return (
    <div class="text-page">
      <h1>{say('page.train')}</h1>
    </div>
  );
}
