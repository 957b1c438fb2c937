import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Launch, type LogEntry, Member } from './member.ts';
import { ModelLog } from './model-log.ts';
import type { ModelSettings, ModelVersions } from './model-versions.ts';
import { type Phase, SESSION_TIMEOUT_MS } from './plan.ts';
import type { Random } from '../../src/corpus/random.ts';

export interface FleetOptions {
  readonly product: string;
  readonly group: string;
  readonly delivery: 'exactly_once' | 'at_least_once';
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly logFolder: string;
  readonly random: Random;
  /** Default: most members have no model, the others that of the package. */
  readonly models?: ModelVersions | undefined;
  /** Another program in place of ours. */
  readonly launch?: ((identity: string, phase: Pick<Phase, 'staticMembers'>) => Launch) | undefined;
  /** For a program whose output does not say when it has joined. */
  readonly hasJoined?: (() => Promise<boolean>) | undefined;
  /** Program and arguments before those of a member. */
  readonly launcher?: readonly string[];
  /** Properties of librdkafka. */
  readonly librdkafka?: Readonly<Record<string, number>>;
}

export interface FleetCounts {
  starts: number;
  kills: number;
  terminations: number;
  /** Ended by themselves and started again, by the code of their error. */
  readonly failures: Record<string, number>;
  /** Did not end within the time allowed after SIGTERM. */
  hung: number;
  /** Ended after SIGTERM with another exit code than 0. */
  unclean: number;
  /** The same by exit code or signal, and what they said last. */
  readonly uncleanBy: Record<string, number>;
  /** Partitions given or taken, as the members saw it. */
  rebalances: number;
  transactionsAborted: number;
  /** Producers in the place of those that the coordinator had given up. */
  producersRenewed: number;
  deadLetters: number;
  modelsReloaded: number;
  modelsRefused: number;
}

const RESTART_MS = 500;
/** Of 100 ms each. */
const JOIN_TRIES = 1_200;
const END_TIMEOUT_MS = 60_000;
/** Most members are without a model: the way of the records is what is tried. */
const MODEL_SHARE = 0.25;

/** The members of the group. One that ends by itself is started again, as an orchestrator would. */
export class Fleet {
  readonly counts: FleetCounts = {
    starts: 0,
    kills: 0,
    terminations: 0,
    failures: {},
    hung: 0,
    unclean: 0,
    uncleanBy: {},
    rebalances: 0,
    transactionsAborted: 0,
    producersRenewed: 0,
    deadLetters: 0,
    modelsReloaded: 0,
    modelsRefused: 0,
  };
  readonly modelLog = new ModelLog();
  readonly #options: FleetOptions;
  readonly #members = new Set<Member>();
  #phase: Omit<Phase, 'faults'> = {
    assignor: 'cooperative-sticky',
    staticMembers: false,
    generatedIds: false,
  };
  #identities = 0;
  /** The phase is over: whoever ends now is not started again, or it would take part in the next one. */
  #ending = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The members that can be a victim: running, not stopped, not dismissed. */
  get awake(): Member[] {
    return [...this.#members].filter((member) => member.running && !member.frozen && !member.dismissed);
  }

  async startPhase(phase: Phase, count: number): Promise<void> {
    this.#phase = phase;
    this.#ending = false;
    for (let i = 0; i < count; i++) this.start();
    for (let i = 0; !(await this.#hasJoined()); i++) {
      // A fault of the harness or of the product: with nobody in the group a run would show nothing.
      if (i === JOIN_TRIES)
        throw new Error(`No member has joined the group: ${JSON.stringify(this.counts.failures)}`);
      await sleep(100);
    }
  }

  start(identity = this.newIdentity()): Member {
    const {
      product,
      group,
      delivery,
      settings,
      logFolder,
      random,
      models,
      launch,
      launcher = [],
      librdkafka,
    } = this.#options;
    const { assignor, staticMembers, generatedIds } = this.#phase;
    const hasStableId = delivery === 'exactly_once' && !generatedIds;
    const process = ++this.counts.starts;
    const { settings: ownModel, configFile }: ModelSettings = models?.settings(random, process) ?? {
      settings: { 'model.path': random.chance(MODEL_SHARE) ? 'models/default' : 'null' },
    };
    const member = new Member({
      process,
      identity,
      configFile,
      product,
      launch: launch?.(identity, this.#phase),
      launcher,
      settings: {
        'kafka.consumer_group': group,
        ...(hasStableId ? { 'kafka.transactional_id': `${group}-${identity}` } : {}),
        ...(assignor === 'of the broker'
          ? { 'kafka.group_protocol': 'consumer' }
          : { 'kafka.partition_assignment_strategy': assignor }),
        ...(staticMembers ? { 'kafka.group_instance_id': identity } : {}),
        'kafka.consumer_threads': random.between(1, 2),
        'kafka.session_timeout_ms': SESSION_TIMEOUT_MS,
        'kafka.heartbeat_interval_ms': SESSION_TIMEOUT_MS / 3,
        'kafka.auto_offset_reset': 'earliest',
        'kafka.dlq_stop_ratio': 0,
        // Every record must have an outcome that can be seen.
        'request.tombstones': 'dead_letter',
        'kafka.drain_timeout_ms': 10_000,
        'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 2_000, ...librdkafka }),
        ...ownModel,
        'model.max_threads': 1,
        'http.port': 0,
        'logging.format': 'json',
        'logging.level': 'info',
        'kafka.delivery': delivery,
        ...settings,
      },
      logPath: join(logFolder, `${String(process).padStart(3, '0')}-${identity}.log`),
      onLog: (entry) => {
        this.#count(entry);
        this.modelLog.add(process, entry);
      },
    });
    this.#members.add(member);
    void member.exited.then((code) => this.#ended(member, code));
    return member;
  }

  async #hasJoined(): Promise<boolean> {
    if (this.awake.length === 0) return false;
    return this.awake.some(({ hasJoined }) => hasJoined) || (await this.#options.hasJoined?.()) === true;
  }

  newIdentity(): string {
    return `m${++this.#identities}`;
  }

  async kill(member: Member): Promise<void> {
    this.counts.kills++;
    member.dismissed = true;
    member.signal('SIGKILL');
    await member.exited;
  }

  /** Asks the member to drain and end, and waits for it. Asking twice would make it end at once. */
  terminate(member: Member): Promise<void> {
    member.ending ??= this.#terminate(member);
    return member.ending;
  }

  async #terminate(member: Member): Promise<void> {
    this.counts.terminations++;
    member.dismissed = true;
    member.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.counts.hung++;
      member.signal('SIGKILL');
    }, END_TIMEOUT_MS);
    const code = await member.exited;
    clearTimeout(timer);
    if (code === 0) return;
    this.counts.unclean++;
    const reason = [code, member.lastWords].filter((part) => part !== undefined).join(' ');
    this.counts.uncleanBy[reason] = (this.counts.uncleanBy[reason] ?? 0) + 1;
  }

  thaw(): void {
    for (const member of this.#members) if (member.frozen) member.signal('SIGCONT');
  }

  /** Ends all members and waits until the group has forgotten those that could not say goodbye. */
  async endPhase(): Promise<void> {
    this.#ending = true;
    this.thaw();
    await Promise.all([...this.#members].map((member) => this.terminate(member)));
    await sleep(SESSION_TIMEOUT_MS);
  }

  /** For the end of a run that failed. */
  killAll(): void {
    for (const member of this.#members) {
      member.dismissed = true;
      member.signal('SIGKILL');
    }
  }

  async #ended(member: Member, code: number | string): Promise<void> {
    this.#members.delete(member);
    if (member.dismissed) return;
    const reason = member.lastProblem?.code ?? `exit ${code}`;
    this.counts.failures[reason] = (this.counts.failures[reason] ?? 0) + 1;
    await sleep(RESTART_MS);
    if (!this.#ending) this.start(member.identity);
  }

  #count({ event, code }: LogEntry): void {
    if (code === 'KS_PRODUCER_EXPIRED') this.counts.producersRenewed++;
    if (event === 'partitions_assigned' || event === 'partitions_revoked') this.counts.rebalances++;
    else if (event === 'transaction_aborted') this.counts.transactionsAborted++;
    else if (event === 'dead_letter') this.counts.deadLetters++;
    else if (event === 'model_reloaded') this.counts.modelsReloaded++;
    else if (event === 'model_refused') this.counts.modelsRefused++;
  }
}
