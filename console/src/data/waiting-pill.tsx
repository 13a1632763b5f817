// Says how much is new while a person reads further down, and goes to it.
import { ArrowUp } from 'lucide-react';

export function WaitingPill({ text, onShow }: { text: string; onShow: () => void }) {
  return (
    <button
      type="button"
      onClick={onShow}
      className="absolute top-11 left-1/2 z-30 flex h-7 -translate-x-1/2 animate-[appear_0.2s] items-center gap-1.5 rounded-full border border-line-strong bg-accent px-3 text-xs font-medium text-on-accent shadow-(--shadow) hover:brightness-110"
    >
      <ArrowUp aria-hidden className="size-3.5" />
      {text}
    </button>
  );
}
