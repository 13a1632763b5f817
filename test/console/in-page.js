// What is looked at inside a page: names of controls, the order of headings, the contrast of text. Runs in the browser.
(() => {
  const interactive =
    'a[href], button, input, select, textarea, summary, [contenteditable=true], [role=button], [role=link], [role=tab], ' +
    '[role=menuitem], [role=option], [role=switch], [role=checkbox], [role=radio], [role=combobox], [role=slider], ' +
    '[role=grid], [role=dialog], [role=img], img, [tabindex="0"]';

  const isShown = (element) => {
    if (element.closest('[aria-hidden=true], [hidden], [inert]')) return false;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0;
  };

  /** The visible text of an element with the names of the pictures in it. */
  const textOf = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute('aria-hidden') === 'true') return '';
    const own = node.getAttribute('aria-label') ?? (node.tagName === 'IMG' ? node.getAttribute('alt') : null);
    if (own) return own;
    const title = node.tagName.toLowerCase() === 'svg' ? node.querySelector('title')?.textContent : '';
    return title || [...node.childNodes].map(textOf).join(' ');
  };

  /** The accessible name, by the rules that matter here: label, aria, content, title. */
  const nameOf = (element) => {
    const by = element
      .getAttribute('aria-labelledby')
      ?.split(/\s+/)
      .map((id) => document.getElementById(id))
      .map((one) => (one ? textOf(one) : ''))
      .join(' ');
    const labels = [...(element.labels ?? [])].map((label) => textOf(label)).join(' ');
    const isContainer = /^(grid|dialog)$/.test(element.getAttribute('role') ?? '');
    const content = isContainer || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) ? '' : textOf(element);
    const found = [by, element.getAttribute('aria-label'), labels, element.getAttribute('alt'), content, element.title];
    return found.map((one) => one?.trim()).find((one) => one) ?? '';
  };

  const told = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 160);

  const unnamed = () =>
    [...document.querySelectorAll(interactive)].filter((one) => isShown(one) && nameOf(one) === '').map(told);

  /** Each id once: labels and descriptions point to them. */
  const twins = () => {
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id).filter((id) => id !== '');
    return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
  };

  /** Headings that leave out a level, and a page without its one first heading; a dialog that covers the page begins with the second. */
  const headings = () => {
    const shown = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(isShown);
    const levels = shown.map((one) => Number(one.tagName[1]));
    const isCovered = document.querySelector('[role=dialog]') !== null && !levels.includes(1);
    const wrong = shown.filter((_, i) => levels[i] > (levels[i - 1] ?? (isCovered ? 1 : 0)) + 1).map(told);
    const isOne = isCovered || levels.filter((level) => level === 1).length === 1;
    return isOne ? wrong : [`levels ${levels}`, ...wrong];
  };

  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const colours = new Map();
  /** A CSS colour, whatever its notation, as red, green, blue (0 to 255) and opacity (0 to 1). */
  const rgba = (colour) => {
    if (!colours.has(colour)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      colours.set(colour, [r, g, b, a / 255]);
    }
    return colours.get(colour);
  };
  const over = ([r, g, b, a], [r2, g2, b2]) => [r, g, b].map((one, i) => one * a + [r2, g2, b2][i] * (1 - a));
  const luminance = (colour) => {
    const [r, g, b] = colour.map((one) => {
      const part = one / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  /** The colour behind an element: those of its ancestors, one over the other. */
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const layer = rgba(getComputedStyle(one).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const opacityOf = (element) => {
    let opacity = 1;
    for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    return opacity;
  };

  /** Texts whose contrast is below `least`; what is large (24 px, or 18.66 px and bold) may have 3. */
  const faint = (least) => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const element = walker.currentNode.parentElement;
      if (text === '' || !isShown(element) || element.closest('svg, canvas, :disabled, [aria-disabled=true]')) continue;
      const style = getComputedStyle(element);
      const [r, g, b, a] = rgba(style.color);
      const ground = behind(element);
      const [one, two] = [luminance(over([r, g, b, a * opacityOf(element)], ground)), luminance(ground)];
      const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (contrast >= (isLarge ? Math.min(least, 3) : least) - 0.005) continue;
      const key = `${style.color} on ${ground.map(Math.round)}`;
      if (!found.has(key)) found.set(key, `${contrast.toFixed(2)}: “${text.slice(0, 40)}” ${key} ${told(element)}`);
    }
    return [...found.values()];
  };

  /** How far the page is wider than the window, and what sticks out. */
  const overflow = () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const places = [document.documentElement, document.body, document.querySelector('#content')].filter(Boolean);
    const wide = places.filter((one) => one.scrollWidth > one.clientWidth + 1);
    if (wide.length === 0) return [];
    const out = [...document.querySelectorAll('#content *')].filter(
      (one) =>
        one.getBoundingClientRect().right > clientWidth + 1 &&
        one.parentElement.getBoundingClientRect().right <= clientWidth + 1,
    );
    return [`${scrollWidth} > ${clientWidth}`, ...out.slice(0, 3).map(told)];
  };

  /** Resolves once nothing moves or fades but what does so for ever. */
  const settled = async () => {
    // what has just come begins to fade in with the next frame
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
    const passing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(passing.map((one) => one.finished));
  };

  globalThis.look = { settled, unnamed, twins, headings, faint, overflow };
})();
