// Whether an element is in view, or nearly.
import { type RefObject, useEffect, useRef, useState } from 'react';

/** A ref for the element; `isSeen` now, `wasSeen` ever. */
export function useSeen(): { ref: RefObject<HTMLDivElement | null>; isSeen: boolean; wasSeen: boolean } {
  const ref = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [wasSeen, setWas] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        setSeen(entry!.isIntersecting);
        if (entry!.isIntersecting) setWas(true);
      },
      { rootMargin: '160px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, isSeen, wasSeen };
}
