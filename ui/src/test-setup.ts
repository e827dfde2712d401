import { configure } from '@testing-library/svelte';

// Whether something is hidden is for a drawn page to tell; to work it out here takes most of the time of a test.
configure({ defaultHidden: true, asyncUtilTimeout: 30_000 });

// jsdom draws nothing, so it has no dialogs to show and nothing to scroll. The tests need that they open and close.
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event('close'));
};
Element.prototype.scrollIntoView ??= () => {};
