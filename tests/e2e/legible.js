// What cannot be read on this page: text that is cut off, lies on other text, or leaves the window.
const offences = [];
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth + 1)
  offences.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);

const short = (text) => text.replace(/\s+/g, ' ').trim().slice(0, 60);
// For the ears alone; and the dock, which lies over the page on purpose.
const set = (element) => element.closest('.unseen, [aria-hidden="true"], .skip, option');
const clipped = (element) => {
  for (let one = element; one && one !== document.body; one = one.parentElement) {
    if (getComputedStyle(one).clipPath !== 'none') return true;
  }
  return false;
};

// What is left of a box where the lists around it scroll: what is scrolled away lies on nothing.
const scrolls = (way) => way === 'auto' || way === 'scroll';
const seen = (element, box) => {
  let { left, top, right, bottom } = box;
  for (let one = element; one && one !== document.body; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (!scrolls(style.overflowX) && !scrolls(style.overflowY)) continue;
    const edge = one.getBoundingClientRect();
    [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)];
    [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
  }
  return { left, top, right, bottom, width: right - left, height: bottom - top };
};

const runs = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const parent = node.parentElement;
  if (!node.data.trim() || set(parent) || !parent.checkVisibility() || clipped(parent)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const docked = parent.closest('.dock') !== null;
  const layer = parent.closest('dialog');
  for (const whole of range.getClientRects()) {
    const box = seen(parent, whole);
    if (box.width < 2 || box.height < 2) continue;
    runs.push({ node, docked, layer, box, text: short(node.data) });
    if (box.left < -1 || box.right > root.clientWidth + 1)
      offences.push(`leaves the window: "${short(node.data)}" (${Math.round(box.left)} to ${Math.round(box.right)})`);
  }
}

// Cut off by the box around it.
for (const { node, box, text } of runs) {
  for (let one = node.parentElement; one && one !== document.body; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
    const edge = one.getBoundingClientRect();
    const sideways = !scrolls(style.overflowX) && (box.left < edge.left - 1 || box.right > edge.right + 1);
    const upright = !scrolls(style.overflowY) && (box.top < edge.top - 2 || box.bottom > edge.bottom + 2);
    if (sideways || upright) offences.push(`cut off: "${text}"`);
  }
}

// On each other: more than a hair's breadth, and not one line above the next.
runs.sort((a, b) => a.box.top - b.box.top);
for (let first = 0; first < runs.length; first++) {
  for (let second = first + 1; second < runs.length; second++) {
    const [a, b] = [runs[first], runs[second]];
    if (b.box.top > a.box.bottom) break;
    if (a.node === b.node || a.docked !== b.docked || a.layer !== b.layer) continue;
    const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (wide > 2 && high > 0.4 * Math.min(a.box.height, b.box.height)) offences.push(`on each other: "${a.text}" and "${b.text}"`);
  }
}

// What can be pressed must not lie under something else that can be pressed.
const pressable = [...document.querySelectorAll('button, a[href], input, select, textarea, summary')].filter(
  (one) => one.checkVisibility() && !set(one) && !clipped(one),
);
const boxes = pressable
  .map((one) => [one, seen(one.parentElement, one.getBoundingClientRect())])
  .filter(([, box]) => box.width > 2 && box.height > 2);
for (let first = 0; first < boxes.length; first++) {
  for (let second = first + 1; second < boxes.length; second++) {
    const [[a, one], [b, two]] = [boxes[first], boxes[second]];
    if (a.contains(b) || b.contains(a) || !a.closest('.dock') !== !b.closest('.dock')) continue;
    if (a.closest('dialog') !== b.closest('dialog')) continue;
    const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (wide > 2 && high > 2)
      offences.push(`pressed for each other: "${short(a.innerText ?? '')}" and "${short(b.innerText ?? '')}"`);
  }
}
return [...new Set(offences)].slice(0, 20);
