// One chart as large as the window, with its values and its CSV.
import { ChartSpline, TableProperties } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { ChartBody, type ChartProps, weightNote } from './chart-card.tsx';
import { useCover } from './covered.ts';
import { useChartData } from './use-chart-data.ts';
import { chartCsv } from './values-grid.tsx';

export function EnlargedChart({ onClose, ...props }: ChartProps & { onClose: () => void }) {
  const { view } = props;
  useCover();
  const [hasValues, setValues] = useState(false);
  const shown = useChartData(props.pipeline, view, props.choice, props.mark, true);
  const canSwitch = view.kind !== 'grid';
  return (
    <Dialog
      isOpen
      onClose={onClose}
      width="full"
      title={view.title}
      note={
        <>
          of table <span className="font-mono">{view.table}</span>
          {[shown.data?.note, ...weightNote(view)].filter(Boolean).map((one) => `; ${one}`)}
        </>
      }
      actions={
        <div className="flex items-center gap-1.5">
          {canSwitch && (
            <Button size="small" icon={hasValues ? ChartSpline : TableProperties} onClick={() => setValues(!hasValues)}>
              <span className="max-md:sr-only">{hasValues ? 'Chart' : 'Values'}</span>
            </Button>
          )}
          <CopyButton hasWords label="CSV" text={() => (shown.data ? chartCsv(shown.data) : '')} />
        </div>
      }
    >
      <div className="h-full min-h-64">
        <ChartBody {...props} shown={shown} hasValues={hasValues} isLarge />
      </div>
    </Dialog>
  );
}
