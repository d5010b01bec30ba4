/** A progress bar on stderr; its library is loaded only where one is shown. */
export interface ProgressBar {
  /** @param done how much of the total; a total that was an estimate is raised when it is passed */
  update(done: number): void;
  stop(): void;
}

const HIDDEN: ProgressBar = { update: () => {}, stop: () => {} };

export async function openProgressBar(
  label: string,
  total: number,
  visible: boolean,
  unit = 'rows',
): Promise<ProgressBar> {
  if (!visible) return HIDDEN;
  const { SingleBar, Presets } = (await import('cli-progress')).default;
  const started = performance.now();
  const bar = new SingleBar(
    {
      format: `${label} {bar} {percentage}% | {value}/{total} ${unit} | {rate}/s | {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_grey,
  );
  bar.start(total, 0, { rate: 0 });
  return {
    update(done) {
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done, { rate: Math.round((done * 1000) / Math.max(performance.now() - started, 1)) });
    },
    stop: () => bar.stop(),
  };
}
