// What the keys of the editor do besides writing: a new line keeps the indent, Mod-/ comments SQL. Tab is left to the page.
import { EditorSelection } from '@codemirror/state';
import type { Command, KeyBinding } from '@codemirror/view';

const newLine: Command = ({ state, dispatch }) => {
  if (state.readOnly) return false;
  dispatch(
    state.update(
      state.changeByRange((range) => {
        const line = state.doc.lineAt(range.from);
        const before = line.text.slice(0, range.from - line.from);
        const indent = /^\s*/.exec(before)![0] + (/[([{]\s*$/.test(before) ? '  ' : '');
        const insert = `${state.lineBreak}${indent}`;
        return {
          changes: { from: range.from, to: range.to, insert },
          range: EditorSelection.cursor(range.from + insert.length),
        };
      }),
      { scrollIntoView: true, userEvent: 'input' },
    ),
  );
  return true;
};

const selectAll: Command = ({ state, dispatch }) => {
  dispatch(state.update({ selection: { anchor: 0, head: state.doc.length } }));
  return true;
};

const toggleComment: Command = ({ state, dispatch }) => {
  const { from, to } = state.selection.main;
  const lines = [];
  for (let at = state.doc.lineAt(from).number; at <= state.doc.lineAt(to).number; at++) lines.push(state.doc.line(at));
  const isComment = lines.every((line) => line.text.startsWith('--'));
  dispatch(
    state.update({
      changes: lines.map((line) =>
        isComment
          ? { from: line.from, to: line.from + (line.text.startsWith('-- ') ? 3 : 2) }
          : { from: line.from, insert: '-- ' },
      ),
      userEvent: 'input',
    }),
  );
  return true;
};

export const plainKeys: readonly KeyBinding[] = [
  { key: 'Enter', run: newLine },
  { key: 'Mod-a', run: selectAll, preventDefault: true },
];

export const sqlKeys: readonly KeyBinding[] = [{ key: 'Mod-/', run: toggleComment, preventDefault: true }];
