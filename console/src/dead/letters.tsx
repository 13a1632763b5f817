// The list of dead letters, the newest first; more are read as one scrolls.
import type { DeadLetter } from '../../../src/web/schemas.ts';
import { Badge } from '../kit/badge.tsx';
import { Empty } from '../kit/empty.tsx';
import { capitalised, formatAgo, formatTime, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { originOf } from './reasons.ts';

const columns: GridColumn<DeadLetter>[] = [
  {
    id: 'at',
    header: 'Put aside',
    value: (letter) => letter.at,
    cell: (letter) => <span title={`${formatTime(letter.at, { isUtc: true })} UTC`}>{formatAgo(letter.at)}</span>,
    width: 104,
    grow: 0,
    isSortable: false,
  },
  {
    id: 'reason',
    header: 'Reason',
    value: (letter) => letter.reason,
    cell: (letter) => capitalised(letter.reason),
    width: 240,
    grow: 2,
    isSortable: false,
  },
  {
    id: 'stage',
    header: 'Stage',
    value: (letter) => letter.stage,
    width: 232,
    grow: 1,
    isMono: true,
    isSortable: false,
  },
  { id: 'origin', header: 'From', value: originOf, width: 216, grow: 1, isMono: true, isSortable: false },
  {
    id: 'code',
    header: 'Code',
    value: (letter) => letter.code,
    cell: (letter) => (letter.kind === 'late' ? <Badge tone="warn">late</Badge> : letter.code),
    width: 168,
    grow: 0,
    isMono: true,
    isSortable: false,
  },
  {
    id: 'tries',
    header: 'Tries',
    value: (letter) => letter.tries,
    cell: (letter) => letter.tries || '',
    width: 64,
    grow: 0,
    align: 'right',
    isSortable: false,
    note: 'How often it was sent again without success',
  },
];

type LettersProps = {
  letters: readonly DeadLetter[];
  total: number;
  openId: string | undefined;
  isLoading: boolean;
  onOpen: (id: number) => void;
  onEnd: () => void;
};

export function Letters({ letters, total, openId, isLoading, onOpen, onEnd }: LettersProps) {
  return (
    <DataGrid
      label="Dead letters"
      height="fill"
      rows={letters}
      columns={columns}
      rowKey={(letter) => String(letter.id)}
      openKey={openId}
      onOpen={(letter) => onOpen(letter.id)}
      isLoading={isLoading}
      onEnd={onEnd}
      footer={
        letters.length < total
          ? `The newest ${letters.length} of ${plural(total, 'letter')}; more as you scroll`
          : plural(total, 'letter')
      }
      empty={<Empty title="No letter of this kind is left" />}
    />
  );
}
