/** What every peer gets. */
export interface PeerPlace {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly resultsTopic: string;
  readonly group: string;
  readonly modelDirectory: string;
}

export interface Peer {
  readonly name: string;
  /** What it is, for the report. */
  readonly what: string;
  /** Whether results and offsets leave in one transaction. */
  readonly exactlyOnce: boolean;
  /** Program and arguments. Installs on demand. KS_STATE or KS_LOCAL_BROKER when that does not work. */
  readonly command: (place: PeerPlace) => [string, ...string[]];
}
