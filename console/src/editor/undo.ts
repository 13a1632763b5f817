// Undo and redo for the editor: steps that typing joins, kept as inverted changes.
import { Annotation, type ChangeSet, type EditorSelection, StateField, Transaction } from '@codemirror/state';
import type { Command, KeyBinding } from '@codemirror/view';

type Step = { changes: ChangeSet; selection: EditorSelection };
type Steps = { done: readonly Step[]; undone: readonly Step[]; typedAt: number };

const joinMs = 600;
const stepsMax = 200;

const travel = Annotation.define<'undo' | 'redo'>();

const steps = StateField.define<Steps>({
  create: () => ({ done: [], undone: [], typedAt: 0 }),
  update(before, transaction) {
    if (!transaction.docChanged) return transaction.selection ? { ...before, typedAt: 0 } : before;
    if (transaction.annotation(Transaction.addToHistory) === false) return { done: [], undone: [], typedAt: 0 };
    const inverse = {
      changes: transaction.changes.invert(transaction.startState.doc),
      selection: transaction.startState.selection,
    };
    const way = transaction.annotation(travel);
    if (way === 'undo') return { done: before.done.slice(0, -1), undone: [...before.undone, inverse], typedAt: 0 };
    if (way === 'redo') return { done: [...before.done, inverse], undone: before.undone.slice(0, -1), typedAt: 0 };
    const at = transaction.annotation(Transaction.time) ?? 0;
    const last = before.done.at(-1);
    const isTyping = transaction.isUserEvent('input.type') || transaction.isUserEvent('delete');
    if (last && isTyping && at - before.typedAt < joinMs) {
      const joined = { changes: inverse.changes.compose(last.changes), selection: last.selection };
      return { done: [...before.done.slice(0, -1), joined], undone: [], typedAt: at };
    }
    return { done: [...before.done.slice(1 - stepsMax), inverse], undone: [], typedAt: isTyping ? at : 0 };
  },
});

function move(way: 'undo' | 'redo'): Command {
  return ({ state, dispatch }) => {
    const { done, undone } = state.field(steps);
    const step = (way === 'undo' ? done : undone).at(-1);
    if (!step || state.readOnly) return false;
    dispatch(
      state.update({
        changes: step.changes,
        selection: step.selection,
        annotations: travel.of(way),
        userEvent: way,
        scrollIntoView: true,
      }),
    );
    return true;
  };
}

const keys: readonly KeyBinding[] = [
  { key: 'Mod-z', run: move('undo'), preventDefault: true },
  { key: 'Mod-y', mac: 'Mod-Shift-z', run: move('redo'), preventDefault: true },
  { key: 'Mod-Shift-z', run: move('redo'), preventDefault: true },
];

export const undo = { steps, keys };
