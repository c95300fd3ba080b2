/** Something that is waited for until the test lets it go on. */
export interface Gate {
  open(): void;
  opened: Promise<void>;
}

export function newGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
