/**
 * The state of a partition in this process:
 *
 *     held ──giveBack(), supersede()──► draining ──release()──► released
 *     │  ▲                                 │                        │
 *   doubt() trust()                        │                        │
 *     ▼  │                                 │                        │
 *   doubted ───────────────────────────────┴── lose() ──► lost ─────┘
 *
 * Messages of a held partition are taken and published, those of a doubted or draining one only published. A doubted
 * partition can go wherever a held one can. A lost partition already belongs to another member, so nothing more of it
 * may be published.
 */
export type PartitionState = 'held' | 'doubted' | 'draining' | 'lost' | 'released';
