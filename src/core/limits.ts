// The limits of the product in one place: each has a name, a default and a unit; messages say which one was met.

/** Defaults; an option of the same name overrides one. */
export const limits = {
  /** Bytes of one record's value. */
  recordBytesMax: 8 * 2 ** 20,
  /** Lists and objects within each other in a value of a json() field. */
  jsonDepthMax: 100,
  /** The same in JSON that comes from outside, before it is parsed: a parser takes seconds for some millions of them. */
  parseDepthMax: 1000,
  /** Records of one batch from a source. */
  batchRecordsMax: 10_000,
  /** Bytes of one batch from a source, before encoding. */
  batchBytesMax: 8 * 2 ** 20,
  /**
   * Records that one micro-batch of the engine takes where so many wait: whole row groups of the store, since full ones go straight
   * into the file, without a second copy in the write-ahead log.
   */
  microBatchRecordsMax: 32_768,
  /** Bytes that one read of the log returns at most (a single larger batch is still returned). */
  readBytesMax: 16 * 2 ** 20,
  /** Records a pipeline may have in the log that it has not processed yet, before its sources wait. */
  inFlightRecordsMax: 100_000,
  /** Rows that a query prints, and a page has. */
  queryRowsMax: 1000,
  /** Rows that one read of a store gives: a page, and one more that tells whether another page follows. */
  readRowsMax: 1001,
  /** Groups of a summary, or rows of a sample: what a chart is drawn from. */
  summaryRowsMax: 30_000,
  /** Milliseconds a query may take. */
  queryMsMax: 30_000,
  /** Bytes, about, of the values that a query by the API answers with. */
  queryBytesMax: 16 * 2 ** 20,
  /** Bytes of memory, about, that the process of a query may take besides what every such process takes. */
  queryMemoryBytesMax: 512 * 2 ** 20,
  /** Bytes of the copies of tables that one query reads. */
  querySnapshotBytesMax: 2 ** 30,
  /** Queries by the API that wait for others to end. */
  queriesWaitingMax: 50,
  /** Records of a topic that a search looks at. */
  searchRecordsMax: 100_000,
  /** Changed rows or new records that one push to browsers carries. */
  changeRowsMax: 1000,
  /** Bytes of a request's body. */
  bodyBytesMax: 16 * 2 ** 20,
  /** Milliseconds that a stop may take. */
  stopMsMax: 10_000,
  /** Milliseconds that what its deadline has cut short may take to end, before the process ends at once. */
  cutMsMax: 2000,
} as const;
