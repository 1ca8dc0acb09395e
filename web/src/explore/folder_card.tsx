// The folder's pictures: a strip of thumbnails, one strip for each input of the model; more come by dropping, pasting or
// choosing files. What could not be read is listed with its reason.
import { useRef } from 'preact/hooks';
import { base } from '../api/client';
import type { Folder, ImageEntry } from '../api/types';
import { Button, ProblemNote } from '../parts/controls';
import { Icon } from '../parts/icon';
import { addFiles, chooseImage, uploads } from '../state/actions';
import { whole } from '../state/numbers';
import { directory, folder, images, model, moreImages, pictures, shownInput } from '../state/store';
import { isStale } from '../state/resource';
import { say } from '../text/say';

export function FolderCard() {
  const loaded = folder.at.value;
  const inputs = model.at.value.value?.inputs ?? [];
  return (
    <section class="card folder-card" aria-label={say('folder.title')} id="folder">
      {loaded.problem && <ProblemNote problem={loaded.problem} onAgain={folder.again} />}
      {loaded.value &&
        (inputs.length > 1 ? (
          inputs.map((input, index) => <Strip key={input.name} list={loaded.value as Folder} input={index} name={input.name} />)
        ) : (
          <Strip list={loaded.value} input={0} name="" />
        ))}
      {uploads.value.map((upload) =>
        upload.problem ? <ProblemNote key={upload.name} problem={{ ...upload.problem, where: upload.name }} /> : null,
      )}
      {loaded.value && <Rejects list={loaded.value} />}
    </section>
  );
}

function Strip({ list, input, name }: { list: Folder; input: number; name: string }) {
  const chooser = useRef<HTMLInputElement>(null);
  const chosen = images.value[input];
  const stale = isStale(folder.at.value);
  const row = useRef<HTMLDivElement>(null);
  const choose = (id: string): void => {
    shownInput.value = input;
    chooseImage(id, input);
  };
  const keys = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const all = pictures.peek();
    const now = all.findIndex((one) => one.id === chosen);
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    if (!next) return;
    choose(next.id);
    requestAnimationFrame(() => row.current?.querySelector<HTMLElement>('[aria-checked=true]')?.focus());
  };
  const shown = pictures.value;
  const anyChosen = shown.some((one) => one.id === chosen);
  return (
    <div>
      <div class="card-head">
        <h2>
          {name ? say('folder.input', { name }) : say('folder.title')} <span class="count">{whole(list.total)}</span>
        </h2>
        <Button icon="plus" label={say('folder.addTitle')} onClick={() => chooser.current?.click()}>
          {say('folder.add')}
        </Button>
        <input
          ref={chooser}
          type="file"
          class="unseen"
          tabIndex={-1}
          aria-hidden="true"
          accept="image/*"
          multiple
          onChange={(event) => {
            void addFiles([...(event.currentTarget.files ?? [])], input);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {input === 0 && <Folders list={list} />}
      {list.images.length === 0 && <p class="quiet">{say('folder.none')}</p>}
      <div class={`strip${stale ? ' stale' : ''}${name ? ' one-of-several' : ''}`} role="radiogroup" aria-label={say('folder.title')} ref={row} onKeyDown={keys}>
        {shown.map((image, index) => (
          <Thumbnail key={image.id + image.name} image={image} chosen={image.id === chosen} inOrder={image.id === chosen || (!anyChosen && index === 0)} onChoose={() => choose(image.id)} />
        ))}
      </div>
      {list.next !== null && (
        <Button label={say('folder.moreButton')} onClick={moreImages}>
          {say('folder.more', { shown: list.images.length, total: whole(list.total) })}
        </Button>
      )}
    </div>
  );
}

function Thumbnail({ image, chosen, inOrder, onChoose }: { image: ImageEntry; chosen: boolean; inOrder: boolean; onChoose(): void }) {
  return (
    <button type="button" role="radio" class="thumbnail" aria-checked={chosen} aria-label={image.name} title={image.name} tabIndex={inOrder ? 0 : -1} onClick={onChoose}>
      <img src={`${base}/images/${image.id}/thumb.png?s=96`} alt="" loading="lazy" decoding="async" fetchpriority="low" width={56} height={56} draggable={false} />
    </button>
  );
}

/** The folders within this one, and the way back. */
function Folders({ list }: { list: Folder }) {
  if (list.folders.length === 0 && directory.value === '') return null;
  return (
    <div class="folders">
      {directory.value !== '' && (
        <Button icon="back" label={say('folder.up')} onClick={() => (directory.value = directory.value.replace(/\/?[^/]*$/, ''))}>
          {say('folder.up')}
        </Button>
      )}
      {list.folders.map((one) => (
        <Button key={one.dir} icon="folder" label={one.name} onClick={() => (directory.value = one.dir)}>
          {one.name}
        </Button>
      ))}
    </div>
  );
}

function Rejects({ list }: { list: Folder }) {
  if (list.rejects.length === 0) return null;
  return (
    <details class="rejects">
      <summary>
        <Icon name="warning" /> {say('folder.rejects', { count: list.rejects.length })}
      </summary>
      <ul>
        {list.rejects.map((reject) => (
          <li key={reject.name}>
            <strong>{reject.name}</strong> <span lang="en">{reject.reason}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
