// A process whose memory is to be measured: what is no longer used counts until it is collected and given back, and with these
// that is soon. Who gathers runs out of heap.

/** For `under` of a program. */
export const tidyMemory = [
  'env',
  'NODE_OPTIONS=--max-semi-space-size=1 --max-old-space-size=70',
  ...['MALLOC_ARENA_MAX=1', 'MALLOC_TRIM_THRESHOLD_=131072', 'MALLOC_MMAP_THRESHOLD_=65536'],
]
