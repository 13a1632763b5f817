// What is shown where a page fails or there is none.
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { buttonClass } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { Page } from '../kit/page.tsx';
import { Away, isMissingCode } from './later.tsx';

export function Broken({ error, reset }: ErrorComponentProps) {
  if (isMissingCode(error)) return <Away />;
  return (
    <Page title="This page failed">
      <Failure error={error} retry={reset} />
    </Page>
  );
}

export function Missing() {
  return (
    <Page title="Nothing here">
      <Empty
        title="There is no page at this address."
        icon={MapPinOff}
        action={
          <Link to="/" className={buttonClass()}>
            Go to the overview
          </Link>
        }
      />
    </Page>
  );
}
