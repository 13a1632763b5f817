// Downloads all rows that meet the filters, in the order that is shown.
import { Download } from 'lucide-react';
import type { TableView } from '../../../src/web/schemas.ts';
import { api, type Filter } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Menu } from '../kit/menu.tsx';
import { type OrderBy, orderText } from './order.ts';

type ExportMenuProps = { table: TableView; filters: readonly Filter[]; order: readonly OrderBy[] };

export function ExportMenu({ table, filters, order }: ExportMenuProps) {
  const download = (format: 'csv' | 'ndjson') => {
    const link = document.createElement('a');
    link.href = api.rowsAddress(table.name, { where: filters, order: orderText(order)?.split(',') }, format);
    link.download = `${table.name}.${format}`;
    link.click();
  };
  const what = filters.length > 0 ? 'filtered rows' : 'all rows';
  return (
    <Menu
      trigger={
        <Button size="small" icon={Download} aria-label="Export">
          <span className="max-md:hidden">Export</span>
        </Button>
      }
      items={[
        { label: `CSV, ${what}`, run: () => download('csv') },
        { label: `NDJSON, ${what}`, run: () => download('ndjson') },
      ]}
    />
  );
}
