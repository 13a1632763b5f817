// A page for a name that nothing has: what is meant, and the way to those that are there.
import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { ApiError } from '../api/request.ts';
import { buttonClass } from './button.tsx';
import { Empty } from './empty.tsx';
import { type Crumb, Page } from './page.tsx';

/** Whether the server says that there is nothing of this name. */
export function isUnknown(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 404;
}

/** `noun` such as `table`; `place` leads to all of them. */
export function Unknown({ noun, name, place }: { noun: string; name: string; place: Crumb }) {
  return (
    <Page title={`Unknown ${noun}`} breadcrumb={[place]}>
      <Empty
        title={`There is no ${noun} “${name}”.`}
        icon={SearchX}
        action={
          <Link to={place.to} className={buttonClass()}>
            {place.to === '/' ? 'Go to the overview' : `See all ${place.label.toLowerCase()}`}
          </Link>
        }
      >
        It may have another name now, or the pipeline that declares it does not run.
      </Empty>
    </Page>
  );
}
