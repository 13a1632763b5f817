// The rail at the left of wide windows: the places, the pipelines with their health, and whether data is live.
import { Link, useLocation } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen, Search } from 'lucide-react';
import { useState } from 'react';
import { useLivePipelines } from '../api/live.ts';
import { Badge, healthSigns, toneText } from '../kit/badge.tsx';
import { IconButton } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { formatShort } from '../kit/format.ts';
import { commandKey, Kbd } from '../kit/kbd.tsx';
import { Middle } from '../kit/middle.tsx';
import { ThemeSwitch } from '../kit/theme-switch.tsx';
import { Tooltip } from '../kit/tooltip.tsx';
import { openCommandMenu } from './command-state.ts';
import { LiveMark } from './live-sign.tsx';
import { Logo } from './logo.tsx';
import { isAt, type Place, places } from './places.ts';
import { SignOut } from './sign-out.tsx';

const key = 'millrace.rail';

function isStoredNarrow(): boolean {
  try {
    return localStorage.getItem(key) === 'narrow';
  } catch {
    return false;
  }
}

export function Rail() {
  const [isNarrow, setNarrow] = useState(isStoredNarrow);
  const path = useLocation({ select: (location) => location.pathname });
  const { pipelines = [] } = useLivePipelines();
  const dead = pipelines.reduce((sum, one) => sum + one.ledger.dead, 0);
  const change = () => {
    setNarrow(!isNarrow);
    try {
      localStorage.setItem(key, isNarrow ? 'wide' : 'narrow');
    } catch {
      // Where storage is forbidden the rail is wide again on the next visit.
    }
  };
  return (
    <div
      className={classNames(
        'hidden h-full shrink-0 flex-col border-r border-line bg-surface md:flex',
        isNarrow ? 'w-14 items-center px-2' : 'w-56 px-3',
      )}
    >
      <Link
        to="/"
        className={classNames('mt-3.5 mb-3 flex items-center gap-2.5 rounded-md', !isNarrow && 'px-1.5')}
        aria-label="Millrace"
      >
        <Logo className="size-6" />
        {!isNarrow && <span className="text-base font-semibold tracking-tight">Millrace</span>}
      </Link>
      {isNarrow ? (
        <IconButton icon={Search} label={`Go to… (${commandKey} K)`} onClick={openCommandMenu} />
      ) : (
        <button
          type="button"
          onClick={openCommandMenu}
          className="mb-1 flex h-8 items-center gap-2 rounded-md border border-line bg-canvas px-2 text-muted hover:border-line-strong hover:text-text"
        >
          <Search aria-hidden className="size-3.5" />
          <span className="flex-1 text-left">Go to…</span>
          <Kbd>{commandKey}</Kbd>
          <Kbd>K</Kbd>
        </button>
      )}
      <nav aria-label="Places" className="mt-2 flex flex-col gap-0.5">
        {places.map((place) => (
          <RailLink
            key={place.to}
            place={place}
            isCurrent={isAt(place, path)}
            isNarrow={isNarrow}
            count={place.to === '/dead' ? dead : 0}
          />
        ))}
      </nav>
      {!isNarrow && pipelines.length > 0 && (
        <nav aria-label="Pipelines" className="mt-5 flex min-h-0 flex-col">
          <p className="px-2 pb-1 text-2xs font-medium text-faint">Pipelines</p>
          <div className="flex min-h-0 flex-col gap-0.5 overflow-y-auto">
            {pipelines.map(({ name, status }) => {
              const { icon: Icon, tone } = healthSigns[status];
              return (
                <Link
                  key={name}
                  to="/pipelines/$name"
                  params={{ name }}
                  className="flex h-7.5 shrink-0 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-surface-2 hover:text-text"
                  activeProps={{ className: 'bg-surface-2 text-text!' }}
                >
                  <Icon aria-label={status} role="img" className={classNames('size-3.5 shrink-0', toneText[tone])} />
                  <Middle text={name} className="min-w-0 font-mono text-xs" />
                </Link>
              );
            })}
          </div>
        </nav>
      )}
      <div className={classNames('mt-auto flex items-center py-3', isNarrow ? 'flex-col gap-2' : 'gap-1 pl-2')}>
        <div className={classNames(!isNarrow && 'flex-1')}>
          <LiveMark isShort={isNarrow} />
        </div>
        <SignOut />
        <ThemeSwitch />
        <IconButton
          icon={isNarrow ? PanelLeftOpen : PanelLeftClose}
          label={isNarrow ? 'Widen the rail' : 'Narrow the rail'}
          onClick={change}
        />
      </div>
    </div>
  );
}

type RailLinkProps = { place: Place; isCurrent: boolean; isNarrow: boolean; count: number };

function RailLink({ place, isCurrent, isNarrow, count }: RailLinkProps) {
  const link = (
    <Link
      to={place.to}
      aria-label={count > 0 ? `${place.label}, ${count}` : place.label}
      aria-current={isCurrent ? 'page' : undefined}
      className={classNames(
        'flex h-8 items-center gap-2.5 rounded-md transition-colors',
        isNarrow ? 'w-9 justify-center' : 'px-2',
        isCurrent ? 'bg-accent-soft font-medium text-accent-text' : 'text-muted hover:bg-surface-2 hover:text-text',
      )}
    >
      <place.icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
      {!isNarrow && place.label}
      {!isNarrow && count > 0 && (
        <Badge tone="warn" className="ml-auto">
          {formatShort(count)}
        </Badge>
      )}
    </Link>
  );
  return isNarrow ? (
    <Tooltip text={place.label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
