/** Whether somebody is using a part of the page: it must not be replaced under their hands. */
export function isBeingUsed(part: Element): boolean {
  return (
    isWrittenIn(part) ||
    part.querySelector('details[open]') !== null ||
    // Whoever goes by the keyboard would be sent back to the top.
    (document.activeElement !== part && part.contains(document.activeElement))
  );
}

function isWrittenIn(part: Element): boolean {
  return [...part.querySelectorAll('input')].some((input) =>
    input.type === 'checkbox'
      ? input.checked !== input.defaultChecked
      : input.type !== 'hidden' && input.value !== input.defaultValue,
  );
}
