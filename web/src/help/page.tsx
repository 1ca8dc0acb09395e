// The help page: keys, what the pictures show, and what they do not.
import { KeyList } from '../help_dialog';
import { say } from '../text/say';

export function HelpPage() {
  return (
    <div class="text-page">
      <h1>{say('help.page')}</h1>
      <p>{say('help.intro')}</p>
      <h2>{say('help.reading')}</h2>
      <ul>
        {(['help.read.maps', 'help.read.range', 'help.read.field', 'help.read.heat', 'help.read.off', 'help.read.estimate'] as const).map((key) => (
          <li key={key}>{say(key)}</li>
        ))}
      </ul>
      <h2>{say('help.title')}</h2>
      <KeyList />
      <p>{say('help.mouse')}</p>
      <p>{say('help.search')}</p>
      <p>
        <a href="licenses.txt">{say('help.licences')}</a>
      </p>
    </div>
  );
}
