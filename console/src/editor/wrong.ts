// Marks the place of an error in the text.
import { type Extension, RangeSetBuilder, StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';

/** Line and column from 1; without a column the whole line is meant. */
export type Spot = { line: number; column?: number };

export const markWrong = StateEffect.define<Spot | undefined>();

const line = Decoration.line({ class: 'cm-wrong-line' });
const word = Decoration.mark({ class: 'cm-wrong' });

function decorate(doc: Text, spot: Spot | undefined): DecorationSet {
  if (!spot || spot.line < 1 || spot.line > doc.lines) return Decoration.none;
  const at = doc.line(spot.line);
  const builder = new RangeSetBuilder<Decoration>();
  builder.add(at.from, at.from, line);
  if (spot.column !== undefined) {
    const from = Math.min(at.from + spot.column - 1, at.to);
    const length = /^[\w"]+|^./.exec(doc.sliceString(from, at.to))?.[0].length ?? 0;
    if (length > 0) builder.add(from, from + length, word);
  }
  return builder.finish();
}

/** Shows the spot of the last `markWrong` until the text changes. */
export const wrong: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(markWrong)) return decorate(transaction.state.doc, effect.value);
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});
