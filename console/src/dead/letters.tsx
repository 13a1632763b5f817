// The list of dead letters, the newest first; more are read as one scrolls.
import { useMemo } from 'react';
import type { DeadLetter } from '../../../src/web/schemas.ts';
import { Badge } from '../kit/badge.tsx';
import { Empty } from '../kit/empty.tsx';
import { capitalised, formatAgo, formatCount, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { Middle } from '../kit/middle.tsx';
import { formatUtc } from '../kit/utc.ts';
import { originOf } from './reasons.ts';

const columns: GridColumn<DeadLetter>[] = [
  {
    id: 'reason',
    header: 'Reason',
    value: (letter) => letter.reason,
    cell: (letter) => (
      <span className="line-clamp-2 leading-5 whitespace-normal" title={letter.reason}>
        {capitalised(letter.reason)}
      </span>
    ),
    width: 200,
    grow: 8,
    isSortable: false,
  },
  {
    id: 'origin',
    header: 'From',
    value: originOf,
    cell: (letter) => <Middle text={originOf(letter)} />,
    width: 152,
    grow: 1,
    isMono: true,
    isSortable: false,
  },
  {
    id: 'at',
    header: 'Put aside',
    value: (letter) => letter.at,
    cell: (letter) => <span title={formatUtc(letter.at)}>{formatAgo(letter.at)}</span>,
    width: 104,
    grow: 0,
    isSortable: false,
  },
  {
    id: 'stage',
    header: 'Stage',
    value: (letter) => letter.stage,
    cell: (letter) => <Middle text={letter.stage} />,
    width: 168,
    grow: 2,
    isMono: true,
    isSortable: false,
  },
  {
    id: 'code',
    header: 'Code',
    value: (letter) => letter.code,
    cell: (letter) => (letter.kind === 'late' ? <Badge tone="warn">late</Badge> : letter.code),
    width: 136,
    grow: 0,
    wholeText: (letter) => letter.code,
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
  /** Whether all are of one stage, or of one code: then they are named above already. */
  isOneStage: boolean;
  isOneCode: boolean;
  letters: readonly DeadLetter[];
  total: number;
  openId: string | undefined;
  isLoading: boolean;
  onOpen: (id: number) => void;
  onEnd: () => void;
};

export function Letters({ isOneStage, isOneCode, letters, total, openId, isLoading, onOpen, onEnd }: LettersProps) {
  const shown = useMemo(
    () => columns.filter(({ id }) => !(id === 'stage' && isOneStage) && !(id === 'code' && isOneCode)),
    [isOneStage, isOneCode],
  );
  return (
    <DataGrid
      label="Dead letters"
      height="fill"
      rows={letters}
      columns={shown}
      rowHeight={48}
      rowKey={(letter) => String(letter.id)}
      openKey={openId}
      onOpen={(letter) => onOpen(letter.id)}
      isLoading={isLoading}
      onEnd={onEnd}
      footer={
        letters.length < total
          ? `The newest ${formatCount(letters.length)} of ${plural(total, 'letter')}; more as you scroll`
          : plural(total, 'letter')
      }
      empty={<Empty title="No letter of this kind is left" />}
    />
  );
}
