// Copies a text and says that it did.
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button, type ButtonSize, IconButton } from './button.tsx';
import { toast } from './toast.tsx';

/** Copies to the clipboard; also where the page is not served over https and the browser offers no clipboard. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

type CopyButtonProps = {
  text: string | (() => string);
  label?: string;
  size?: ButtonSize;
  hasWords?: boolean;
  className?: string;
};

export function CopyButton({ text, label = 'Copy', size = 'small', hasWords, className }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () =>
    copyText(typeof text === 'function' ? text() : text).then(
      () => setCopied(true),
      () => toast({ tone: 'bad', title: 'It could not be copied.', text: 'The browser did not allow it.' }),
    );
  const shown = isCopied ? 'Copied' : label;
  const icon = isCopied ? Check : Copy;
  return hasWords ? (
    <Button size={size} icon={icon} onClick={copy} className={className}>
      {shown}
    </Button>
  ) : (
    <IconButton size={size} icon={icon} label={shown} onClick={copy} className={className} />
  );
}
