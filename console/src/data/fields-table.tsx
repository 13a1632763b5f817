// Fields of a topic or columns of a table as they are declared.
import { EyeOff, KeyRound } from 'lucide-react';
import type { Column } from '../../../src/web/schemas.ts';
import { Badge } from '../kit/badge.tsx';

export function FieldsTable({
  fields,
  keys = [],
  time,
}: {
  fields: readonly Column[];
  keys?: readonly string[];
  time?: string;
}) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-120 table-fixed text-left">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th className="w-[36%] py-1 pr-4 font-medium">Name</th>
            <th className="w-[22%] py-1 pr-4 font-medium">Type</th>
            <th className="py-1 font-medium">What it is</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name} className="border-b border-line/60 align-top last:border-0">
              <td className="py-1.5 pr-4 font-mono text-xs break-words">{field.name}</td>
              <td className="py-1.5 pr-4 font-mono text-xs break-words text-muted">
                {field.type}
                {field.isOptional && ', optional'}
              </td>
              <td className="py-1.5">
                <span className="flex flex-wrap items-center gap-1.5">
                  {keys.includes(field.name) && (
                    <Badge icon={KeyRound} tone="accent">
                      key
                    </Badge>
                  )}
                  {field.name === time && <Badge tone="accent">event time</Badge>}
                  {field.isPersonal && (
                    <Badge icon={EyeOff} title="Masked in logs, dead letters and topics.">
                      personal
                    </Badge>
                  )}
                  <span className="text-muted">{field.description}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
