// Chooses between light, dark and the system's theme.
import { Monitor, Moon, Sun } from 'lucide-react';
import { IconButton } from './button.tsx';
import { chooseTheme, type ThemeChoice, useThemeChoice } from './theme.ts';

const next: Record<ThemeChoice, ThemeChoice> = { system: 'light', light: 'dark', dark: 'system' };
const icons = { system: Monitor, light: Sun, dark: Moon };

export function ThemeSwitch() {
  const choice = useThemeChoice();
  return (
    <IconButton
      icon={icons[choice]}
      label={`Theme: ${choice}. Change to ${next[choice]}`}
      onClick={() => chooseTheme(next[choice])}
    />
  );
}
