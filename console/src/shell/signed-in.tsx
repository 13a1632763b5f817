// Asks for a token where the server wants one; on loopback nobody is asked.
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { ApiError, api } from '../api/client.ts';
import { reads } from '../api/reads.ts';
import { Button } from '../kit/button.tsx';
import { Code, CodeBlock } from '../kit/code.tsx';
import { Failure } from '../kit/failure.tsx';
import { Field, Input } from '../kit/field.tsx';
import { Logo } from './logo.tsx';

export function SignedIn({ children }: { children: ReactNode }) {
  const session = useQuery({ ...reads.session(), retry: false });
  if (session.isPending) return null;
  const isRefused = session.error instanceof ApiError && session.error.problem.status === 401;
  // A server that does not answer is told about by the pages themselves, which try again.
  return isRefused ? <SignIn /> : children;
}

/** Which header was wrong is of no use to somebody who fills in a form. */
function withoutPlace(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { place: _, ...problem } = error.problem;
  return new ApiError(problem, error.body);
}

function SignIn() {
  useEffect(() => {
    document.title = 'Sign in · Millrace';
  }, []);
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.signIn(token.trim());
      // What was refused before, live data too, begins anew.
      window.location.reload();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <main className="grid h-full grid-cols-[minmax(0,1fr)] place-items-center p-4">
      <form
        onSubmit={submit}
        className="flex w-full max-w-sm flex-col gap-4 rounded-lg border border-line bg-surface p-6"
      >
        <div className="flex items-center gap-2.5">
          <Logo className="size-6" />
          <h1 className="text-base font-semibold">Sign in to Millrace</h1>
        </div>
        <Field label="Token">
          <Input
            isMono
            type="password"
            name="token"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </Field>
        {error !== undefined && <Failure isCompact error={withoutPlace(error)} />}
        <Button type="submit" look="primary" icon={KeyRound} isBusy={isBusy}>
          Sign in
        </Button>
        <div className="flex flex-col gap-2 border-t border-line pt-4 text-muted">
          <p>No token yet? Make one where the server runs, for the data folder that it was started with:</p>
          <CodeBlock text="millrace token create --role reader --data FOLDER" />
          <p>
            Without <Code>--data</Code> both use the folder <Code>.millrace</Code>.
          </p>
        </div>
      </form>
    </main>
  );
}
