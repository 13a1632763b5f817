// What people fill in: fields with a label, one-line and many-line texts, choices and switches.
import { Select as BaseSelect } from '@base-ui/react/select';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Check, ChevronsUpDown, Search, X } from 'lucide-react';
import type { InputHTMLAttributes, ReactNode, Ref, TextareaHTMLAttributes } from 'react';
import type { ButtonSize } from './button.tsx';
import { classNames } from './class-names.ts';

const box =
  'min-w-0 rounded-md border border-line-strong bg-surface text-text placeholder:text-faint disabled:opacity-50 aria-invalid:border-bad';
const heights: Record<ButtonSize, string> = { small: 'h-7 px-2 text-xs', medium: 'h-8 px-2.5 text-sm' };

type FieldProps = { label: string; note?: ReactNode; error?: string; className?: string; children: ReactNode };

/** A label above its control, with a note or an error below. */
export function Field({ label, note, error, className, children }: FieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child.
    <label className={classNames('flex min-w-0 flex-col gap-1', className)}>
      <span className="text-xs font-medium text-muted">{label}</span>
      {children}
      {error ? (
        <span className="text-xs text-bad">{error}</span>
      ) : (
        note && <span className="text-xs text-muted">{note}</span>
      )}
    </label>
  );
}

type InputProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'size'> & {
  size?: ButtonSize;
  isMono?: boolean;
  ref?: Ref<HTMLInputElement>;
};

export function Input({ size = 'medium', isMono, className, ...rest }: InputProps) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={classNames(box, 'w-full', heights[size], isMono && 'font-mono', className)}
    />
  );
}

type TextAreaProps = TextareaHTMLAttributes<HTMLTextAreaElement> & { isMono?: boolean; ref?: Ref<HTMLTextAreaElement> };

export function TextArea({ isMono, className, ...rest }: TextAreaProps) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={classNames(box, 'w-full px-2.5 py-2 text-sm', isMono && 'font-mono text-xs leading-5', className)}
    />
  );
}

type SearchInputProps = {
  value: string;
  onChange: (value: string) => void;
  label: string;
  placeholder?: string;
  size?: ButtonSize;
  className?: string;
};

/** A text to search for, with a cross that clears it. */
export function SearchInput({ value, onChange, label, placeholder, size, className }: SearchInputProps) {
  return (
    <div className={classNames('relative min-w-0', className)}>
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-faint"
      />
      <Input
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={value}
        size={size}
        className="pr-7! pl-8!"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && value && onChange('')}
      />
      {value && (
        <button
          type="button"
          aria-label="Clear"
          onClick={() => onChange('')}
          className="absolute top-1/2 right-1.5 -translate-y-1/2 rounded-sm p-0.5 text-muted hover:text-text"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  );
}

export type Choice<T extends string> = { value: T; label: string; note?: string };

type SelectProps<T extends string> = {
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  /** Read out; shown only where a Field is around it. */
  label: string;
  size?: ButtonSize;
  /** As wide as its choice, or as the field around it. */
  width?: 'content' | 'full';
  isDisabled?: boolean;
};

/** One of several choices. */
export function Select<T extends string>({
  value,
  choices,
  onChange,
  label,
  size = 'medium',
  width = 'content',
  isDisabled,
}: SelectProps<T>) {
  return (
    <BaseSelect.Root
      items={choices.map((one) => ({ value: one.value, label: one.label }))}
      value={value}
      disabled={isDisabled}
      onValueChange={(next) => next !== null && onChange(next as T)}
    >
      <BaseSelect.Trigger
        aria-label={label}
        className={classNames(
          box,
          heights[size],
          'flex max-w-full items-center justify-between gap-2 whitespace-nowrap hover:bg-surface-2',
          width === 'full' && 'w-full',
        )}
      >
        <BaseSelect.Value className="truncate" />
        <BaseSelect.Icon>
          <ChevronsUpDown aria-hidden className="size-3.5 text-faint" />
        </BaseSelect.Icon>
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-60 outline-none">
          <BaseSelect.Popup className="max-h-[min(20rem,var(--available-height))] min-w-[var(--anchor-width)] overflow-y-auto rounded-lg border border-line bg-surface py-1 shadow-(--shadow) outline-none">
            {choices.map((one) => (
              <BaseSelect.Item
                key={one.value}
                value={one.value}
                className="flex cursor-default items-center gap-2 py-1.5 pr-4 pl-2 text-sm outline-none select-none data-highlighted:bg-surface-2"
              >
                <span className="w-4">
                  <BaseSelect.ItemIndicator>
                    <Check aria-hidden className="size-3.5 text-accent" />
                  </BaseSelect.ItemIndicator>
                </span>
                <BaseSelect.ItemText>{one.label}</BaseSelect.ItemText>
                {one.note && <span className="ml-auto pl-3 text-xs text-muted">{one.note}</span>}
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

type SwitchProps = { isOn: boolean; onChange: (isOn: boolean) => void; label: string; isDisabled?: boolean };

/** On or off, with its label beside it. */
export function Switch({ isOn, onChange, label, isDisabled }: SwitchProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child.
    <label className="inline-flex items-center gap-2 text-sm select-none">
      <BaseSwitch.Root
        checked={isOn}
        disabled={isDisabled}
        onCheckedChange={onChange}
        className="relative h-4.5 w-8 rounded-full bg-line-strong transition-colors data-checked:bg-accent data-disabled:opacity-50"
      >
        <BaseSwitch.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-white shadow-sm transition-transform data-checked:translate-x-4" />
      </BaseSwitch.Root>
      {label}
    </label>
  );
}

type SegmentsProps<T extends string> = {
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  label: string;
  size?: ButtonSize;
};

/** A few choices side by side. */
export function Segments<T extends string>({ value, choices, onChange, label, size = 'medium' }: SegmentsProps<T>) {
  return (
    <fieldset className="inline-flex shrink-0 rounded-md border border-line-strong bg-surface p-0.5" aria-label={label}>
      {choices.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={one.value === value}
          title={one.note}
          onClick={() => onChange(one.value)}
          className={classNames(
            'rounded-[5px] px-2 whitespace-nowrap',
            size === 'small' ? 'h-5.5 text-xs' : 'h-6.5 text-sm',
            one.value === value ? 'bg-surface-3 font-medium text-text' : 'text-muted hover:text-text',
          )}
        >
          {one.label}
        </button>
      ))}
    </fieldset>
  );
}
