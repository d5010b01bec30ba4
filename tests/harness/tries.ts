/** How often a property is tried: the quick loop (`npm run test:sqlite`) is content with a fifth. */
export function tries(times: number): number {
  return process.env.MULTIFLEXI_TEST_QUICK === undefined ? times : Math.ceil(times / 5);
}
