// Which country a text means: names in English, other names in use, and ISO codes of two letters.

/** Other names, by the name that the map has; all in the form that `plainName` gives. */
const otherNames: Record<string, readonly string[]> = {
  'united states of america': ['united states', 'usa', 'america'],
  'united kingdom': ['great britain', 'britain', 'england'],
  'dem rep congo': [
    'democratic republic of the congo',
    'congo kinshasa',
    'dr congo',
    'congo the democratic republic of the',
  ],
  congo: ['republic of the congo', 'congo brazzaville'],
  czechia: ['czech republic'],
  turkey: ['turkiye'],
  russia: ['russian federation'],
  'south korea': ['korea republic of', 'republic of korea', 'korea'],
  'north korea': ['korea democratic peoples republic of'],
  'cote divoire': ['ivory coast'],
  macedonia: ['north macedonia', 'fyr macedonia'],
  'bosnia and herz': ['bosnia and herzegovina', 'bosnia herzegovina', 'bosnia'],
  'dominican rep': ['dominican republic'],
  'central african rep': ['central african republic'],
  's sudan': ['south sudan'],
  'w sahara': ['western sahara'],
  'eq guinea': ['equatorial guinea'],
  eswatini: ['swaziland'],
  'solomon is': ['solomon islands'],
  'falkland is': ['falkland islands'],
  'marshall is': ['marshall islands'],
  'cook is': ['cook islands'],
  'cayman is': ['cayman islands'],
  'faeroe is': ['faroe islands', 'faroe is'],
  aland: ['aland islands'],
  'n cyprus': ['northern cyprus'],
  'fr polynesia': ['french polynesia'],
  'antigua and barb': ['antigua and barbuda'],
  'st kitts and nevis': ['saint kitts and nevis'],
  'st vin and gren': ['saint vincent and the grenadines'],
  'saint lucia': ['st lucia'],
  'cabo verde': ['cape verde'],
  'timor leste': ['east timor'],
  myanmar: ['burma'],
  vietnam: ['viet nam'],
  laos: ['lao peoples democratic republic'],
  iran: ['iran islamic republic of'],
  syria: ['syrian arab republic'],
  bolivia: ['bolivia plurinational state of'],
  venezuela: ['venezuela bolivarian republic of'],
  tanzania: ['tanzania united republic of'],
  moldova: ['moldova republic of'],
  netherlands: ['the netherlands', 'holland'],
  bahamas: ['the bahamas'],
  gambia: ['the gambia'],
  palestine: ['palestinian territories', 'state of palestine'],
  brunei: ['brunei darussalam'],
  vatican: ['vatican city', 'holy see'],
  micronesia: ['federated states of micronesia'],
  'hong kong': ['hong kong sar china'],
  macao: ['macau', 'macao sar china'],
  china: ['peoples republic of china'],
};

/** Lower case, without accents and signs: `Côte d'Ivoire` is `cote divoire`. */
function plainName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’.]/g, '')
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/[^a-z]+/g, ' ')
    .trim();
}

/** Finds the id of a country on the map by what people call it. */
export function countryFinder(
  countries: readonly { id: string; name: string }[],
): (text: string) => string | undefined {
  const ids = new Map(countries.map(({ id, name }) => [plainName(name), id]));
  for (const [name, others] of Object.entries(otherNames)) {
    const id = ids.get(name);
    if (id !== undefined) for (const other of others) if (!ids.has(other)) ids.set(other, id);
  }
  const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  return (text) => {
    const found = ids.get(plainName(text));
    if (found !== undefined || !/^[A-Z]{2}$/.test(text)) return found;
    const name = regions.of(text);
    return name === undefined ? undefined : ids.get(plainName(name));
  };
}
