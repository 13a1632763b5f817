// The code editor behind a lazy import: a plain box of the same size stands there until it is loaded.
import { lazy, Suspense } from 'react';
import { classNames } from '../kit/class-names.ts';
import type { CodeEditorProps } from './code-editor.tsx';

const CodeEditor = lazy(() => import('./code-editor.tsx'));

/** A code editor that fills the box that `className` describes: `<Editor className="h-48" language="json" … />`. */
export function Editor({ className, ...props }: CodeEditorProps & { className?: string }) {
  return (
    <div
      className={classNames(
        'min-w-0 overflow-hidden rounded-md border border-line-strong bg-surface focus-within:border-focus focus-within:outline focus-within:outline-focus',
        className,
      )}
    >
      <Suspense
        fallback={
          <pre className="overflow-hidden py-2 pl-11 font-mono text-xs leading-5 text-muted">{props.value}</pre>
        }
      >
        <CodeEditor {...props} />
      </Suspense>
    </div>
  );
}
