// Where tokens are needed: as what one is signed in, and the way out.
import { useQuery } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { api } from '../api/client.ts';
import { reads } from '../api/reads.ts';
import { IconButton } from '../kit/button.tsx';
import { toastFailure } from '../kit/toast.tsx';

export function SignOut() {
  const session = useQuery(reads.session()).data;
  if (!session || session.isOpen) return null;
  const leave = async () => {
    try {
      await api.signOut();
      // Nothing that was read stays in the page.
      window.location.reload();
    } catch (error) {
      toastFailure(error);
    }
  };
  return <IconButton icon={LogOut} label={`Sign out (you are a ${session.role})`} onClick={leave} />;
}
