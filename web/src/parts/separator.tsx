// The line between two panes: dragged with the mouse, moved with the arrow keys; the width is kept.
import { signal, type Signal } from '@preact/signals';
import { keep, kept } from '../state/kept';

export interface PaneWidth {
  name: string;
  width: Signal<number>;
  minimum: number;
  maximum: number;
}

export function paneWidth(name: string, normal: number, minimum: number, maximum: number): PaneWidth {
  const before = Number(kept(name) ?? NaN);
  return { name, width: signal(before >= minimum && before <= maximum ? before : normal), minimum, maximum };
}

/** `grows` is 1 when moving right makes the pane wider, -1 when it makes it narrower. */
export function Separator({ pane, grows, label }: { pane: PaneWidth; grows: 1 | -1; label: string }) {
  const set = (width: number): void => {
    pane.width.value = Math.round(Math.min(Math.max(width, pane.minimum), pane.maximum));
    keep(pane.name, String(pane.width.value));
  };
  return (
    <div
      class="separator"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={pane.width.value}
      aria-valuemin={pane.minimum}
      aria-valuemax={pane.maximum}
      onPointerDown={(event) => {
        const line = event.currentTarget;
        const from = event.clientX;
        const width = pane.width.value;
        line.setPointerCapture(event.pointerId);
        line.onpointermove = (move) => set(width + grows * (move.clientX - from));
        line.onpointerup = () => (line.onpointermove = null);
      }}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        event.stopPropagation();
        set(pane.width.value + grows * step * 16);
      }}
    />
  );
}
