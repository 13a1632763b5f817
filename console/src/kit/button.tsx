// Buttons: with words, or with an icon and a label that is shown on hover; and the same look for links.
import type { LucideIcon } from 'lucide-react';
import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from './class-names.ts';
import { Tooltip } from './tooltip.tsx';

export type ButtonLook = 'primary' | 'plain' | 'quiet' | 'danger';
export type ButtonSize = 'small' | 'medium';

const looks: Record<ButtonLook, string> = {
  primary: 'bg-accent text-on-accent border-transparent hover:brightness-110 active:brightness-95',
  plain: 'bg-surface text-text border-line-strong hover:bg-surface-2 active:bg-surface-3',
  quiet: 'bg-transparent text-muted border-transparent hover:bg-surface-2 hover:text-text active:bg-surface-3',
  danger: 'bg-surface text-bad border-line-strong hover:bg-bad-soft hover:border-bad active:brightness-95',
};

/** The classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook = 'plain', size: ButtonSize = 'medium'): string {
  return classNames(
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none transition-colors',
    'disabled:opacity-50 disabled:pointer-events-none',
    size === 'small' ? 'h-7 px-2 text-xs' : 'h-8 px-3 text-sm',
    looks[look],
  );
}

type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> & {
  look?: ButtonLook;
  size?: ButtonSize;
  icon?: LucideIcon;
  isBusy?: boolean;
  className?: string;
  children?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
};

export function Button({ look, size, icon: Icon, isBusy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || isBusy}
      className={classNames(buttonClass(look, size), className)}
    >
      {isBusy ? (
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" />
      ) : (
        Icon && <Icon aria-hidden className="size-3.5" />
      )}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'children'> & {
  icon: LucideIcon;
  /** What it does, in words: read out and shown on hover. */
  label: string;
  look?: ButtonLook;
  size?: ButtonSize;
  isPressed?: boolean;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
};

export function IconButton({
  icon: Icon,
  label,
  look = 'quiet',
  size,
  isPressed,
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={isPressed}
        {...rest}
        className={classNames(
          buttonClass(look, size),
          size === 'small' ? 'w-7 px-0!' : 'w-8 px-0!',
          isPressed && 'bg-surface-3! text-text!',
          className,
        )}
      >
        <Icon aria-hidden className="size-4" />
      </button>
    </Tooltip>
  );
}
