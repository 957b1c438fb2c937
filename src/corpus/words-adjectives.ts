import { list } from './words.ts';

/** Adjectives by what they say of a thing. Common ones first: the generator prefers the front of a list. */

export const praise = list(`
good, great, funny, beautiful, excellent, wonderful, fantastic, charming, amazing, brilliant, fresh, clever,
smart, perfect, lovely, impressive, strong, solid, warm, moving, engaging, entertaining, enjoyable,
gorgeous, powerful, delightful, fascinating, touching, gripping, thoughtful, honest, superb, terrific,
outstanding, compelling, hilarious, stunning, original, tender, sharp, witty, memorable, refreshing,
graceful, sweet, exciting, intelligent, elegant, sincere, imaginative, inventive, lively, vivid, absorbing,
remarkable, extraordinary, rewarding, satisfying, polished, exquisite, playful, magical, inspired,
inspiring, rich, affecting, subtle, heartfelt, generous, friendly, helpful, reliable, comfortable,
thrilling, bold, breathtaking, masterful, magnificent, uplifting, joyful, genuine, likable, appealing,
pleasant, pleasing, first-rate, top-notch, riveting, dazzling, enchanting, captivating, mesmerizing,
intriguing, stylish, sophisticated, sensitive, humane, wise, observant, insightful, profound, poetic,
lyrical, luminous, radiant, spirited, energetic, exhilarating, invigorating, spellbinding, hypnotic,
haunting, poignant, wry, droll, whimsical, irresistible, adorable, endearing, good-natured, well-made,
well-written, well-crafted, beautifully made, carefully observed, ambitious, daring, fearless, audacious,
intimate, nuanced, layered, textured, delicate, restrained, disarming, quirky, zany, offbeat, infectious,
effervescent, sparkling, crisp, brisk, taut, tight, nimble, deft, adept, skilful, masterly, accomplished,
assured, confident, flawless, immaculate, pristine, sublime, transcendent, majestic, sumptuous, lush,
opulent, lavish, luxurious, glorious, splendid, marvellous, fabulous, incredible, phenomenal, exceptional,
unforgettable, unique, distinctive, ingenious, resourceful, practical, sturdy, durable, dependable, robust,
responsive, intuitive, seamless, smooth, effortless, efficient, quick, fast, affordable, spotless, cosy,
welcoming, attentive, courteous, polite, gracious, considerate, kind, caring, compassionate, gentle,
soothing, relaxing, tasty, delicious, mouth-watering, savoury, succulent, flavourful, fragrant, wholesome,
hearty, crunchy, buttery, tangy, zesty, juicy, scrumptious, divine, heavenly, heart-warming, life-affirming,
crowd-pleasing, feel-good, laugh-out-loud, thought-provoking, eye-opening, pitch-perfect, razor-sharp,
rock-solid, rollicking, rousing, stirring, bewitching, beguiling, seductive, sensuous, evocative,
atmospheric, suspenseful, pulse-pounding, propulsive, kinetic, exuberant, ebullient, jubilant, buoyant,
sunny, cheerful, merry, festive, mischievous, irreverent, cheeky, raucous, uproarious, side-splitting,
savvy, astute, perceptive, incisive, penetrating, illuminating, enlightening, edifying, instructive,
informative, meticulous, painstaking, scrupulous, authentic, credible, believable, convincing, persuasive,
resonant, enduring, timeless, classic, iconic, trailblazing, groundbreaking, visionary, virtuosic, bravura,
dignified, noble, stately, serene, meditative, contemplative, bittersweet, wistful, unpretentious,
unassuming, modest, down-to-earth, easygoing, breezy, snappy, peppy, zippy, jaunty, sprightly, vivacious,
vibrant, colourful, photogenic, handsome, dashing, suave, debonair, chic, sleek, shapely, glamorous,
ravishing, resplendent, incandescent, scintillating, coruscating, mellifluous, sonorous`);

export const blame = list(`
bad, dull, boring, slow, terrible, awful, poor, predictable, weak, silly, stupid, lame, tedious,
disappointing, flat, empty, horrible, messy, annoying, ugly, cheap, pointless, lifeless, bland, forgettable,
clumsy, confusing, shallow, ridiculous, painful, pretentious, sloppy, dreadful, uneven, contrived, tired,
stale, hollow, unfunny, mediocre, thin, lazy, cold, rude, dirty, noisy, broken, useless, frustrating,
irritating, overlong, generic, derivative, formulaic, unconvincing, implausible, incoherent, muddled,
forced, heavy-handed, sentimental, mawkish, maudlin, sappy, cloying, saccharine, trite, banal, hackneyed,
worn-out, tiresome, wearisome, dreary, bleak, drab, grim, gloomy, murky, ponderous, plodding, sluggish,
turgid, lethargic, listless, inert, uninspired, unimaginative, unoriginal, uninvolving, uninteresting,
unremarkable, unpleasant, unlikable, unsatisfying, unnecessary, unbearable, unwatchable, insufferable,
intolerable, excruciating, agonizing, abysmal, atrocious, appalling, horrendous, dismal, pathetic, pitiful,
laughable, ludicrous, absurd, preposterous, nonsensical, idiotic, moronic, brainless, mindless, witless,
humourless, charmless, graceless, tasteless, soulless, heartless, shapeless, aimless, toothless, spineless,
careless, thoughtless, clueless, hopeless, joyless, rambling, meandering, disjointed, choppy, scattered,
chaotic, cluttered, bloated, overblown, overwrought, overcooked, overpriced, overrated, overstuffed,
undercooked, underwritten, underdeveloped, half-baked, half-hearted, second-rate, third-rate, paper-thin,
cookie-cutter, by-the-numbers, run-of-the-mill, ham-fisted, tone-deaf, cringe-worthy, mind-numbing,
soul-crushing, ill-conceived, ill-advised, misguided, miscalculated, misbegotten, botched, amateurish,
inept, incompetent, unprofessional, unhelpful, unreliable, unstable, unresponsive, slow-moving, buggy,
glitchy, laggy, flimsy, fragile, brittle, shoddy, rickety, wobbly, creaky, leaky, scratchy, grainy, blurry,
faded, stained, filthy, grimy, greasy, soggy, mushy, rubbery, lukewarm, tepid, burnt, rancid, sour, bitter,
salty, smelly, musty, mouldy, damp, cramped, crowded, shabby, run-down, neglected, depressing, disturbing,
offensive, crude, crass, vulgar, obnoxious, abrasive, grating, shrill, smug, self-indulgent, self-important,
self-conscious, condescending, patronizing, preachy, didactic, cynical, manipulative, exploitative,
gratuitous, sleazy, seedy, lurid, garish, gaudy, tacky, kitschy, cheesy, corny, hokey, goofy, juvenile,
childish, infantile, puerile, sophomoric, immature, stilted, wooden, stiff, awkward, strained, laboured,
artificial, phoney, fake, insincere, dishonest, deceptive, misleading, vague, obscure, opaque, impenetrable,
incomprehensible, baffling, bewildering, perplexing, convoluted, tangled, repetitive, monotonous, redundant,
superfluous, perfunctory, cursory, slapdash, haphazard, slipshod, threadbare, anaemic, feeble, limp,
flaccid, tame, timid, inconsistent, erratic, lopsided, jarring, jumbled, garbled, grotesque, gruesome,
repulsive, repellent, revolting, disgusting, nauseating, vile, wretched, miserable, woeful, lamentable,
deplorable, disgraceful, shameful, inexcusable, unforgivable, indefensible, outrageous, infuriating,
maddening, exasperating, aggravating, vexing, insulting, hostile, dismissive, surly, grumpy, stingy, greedy,
negligent, indifferent, apathetic, complacent, disposable, negligible, inconsequential, trivial, frivolous,
vapid, vacuous, insipid, anodyne, sterile, clinical, antiseptic, arid`);

/** Of things: takes no side. */
export const looks = list(`
new, old, little, small, long, short, big, early, late, quiet, simple, first, second, local, modern, French,
American, British, Italian, Japanese, Spanish, German, Korean, Indian, Mexican, Swedish, Irish, Russian,
Chinese, Brazilian, Danish, Norwegian, Polish, Turkish, Greek, Canadian, Australian, Dutch, Scottish,
Nigerian, Egyptian, Cuban, Iranian, Portuguese, regional, national, international, foreign, domestic,
public, private, independent, commercial, conventional, traditional, experimental, typical, ordinary,
standard, regular, seasonal, annual, monthly, weekly, daily, occasional, familiar, recent, upcoming, final,
third, fourth, fifth, last, next, distant, remote, central, northern, southern, eastern, western, urban,
rural, suburban, historical, contemporary, medieval, ancient, Victorian, futuristic, digital, vintage,
three-hour, two-part, low-budget, big-budget, mid-range, entry-level, political, religious, academic,
scientific, technical, musical, theatrical, literary, visual, silent, official, unofficial, online,
nameless, unknown, famous, forgotten, well-known, self-published`);

/** Of objects that can be touched. */
export const surfaces = list(`
old, small, black, white, red, blue, green, grey, yellow, brown, orange, purple, silver, golden, dark, pale,
bright, round, square, narrow, wide, tall, heavy, light, wooden, metal, plastic, glass, stone, copper,
marble, broken, empty, rusty, dusty, wet, dry, frozen, hot, painted, polished, carved, folded, torn, forged,
stolen, borrowed, hidden, buried, burning, floating, missing, antique, second-hand, secret, locked,
unopened, unfinished, abandoned, enormous, tiny, miniature, priceless, haunted`);

/** Of people. */
export const traits = list(`
young, old, retired, divorced, married, widowed, lonely, ageing, teenage, middle-aged, elderly, wealthy,
famous, unknown, homesick, restless, reluctant, stubborn, curious, cautious, nervous, anxious, sceptical,
eccentric, bookish, talkative, absent-minded, bilingual, unemployed, French, American, British, Italian,
Japanese, Spanish, German, Korean, Indian, Mexican, Swedish, Irish, Russian, Chinese, Brazilian, Polish,
Turkish, Greek, Nigerian, Scottish, small-town, big-city, ambitious, disgraced, runaway, orphaned, pregnant,
exiled, homeless, penniless, heartbroken, lovesick, grieving, forgetful, gifted, self-taught, near-sighted,
left-handed, one-armed, undercover, masked, wounded, shy, gentle, proud, jealous, suspicious, troubled,
rebellious, idealistic, disillusioned, overworked, underpaid, sleepless, superstitious, devout, ruthless,
cunning, clumsy, gullible, eloquent, soft-spoken, hot-tempered, quick-witted, world-weary, trigger-happy,
blind, deaf, silent, kind`);

/** Judgements that take no side. */
export const fair = list(`
fine, okay, average, decent, ordinary, acceptable, standard, typical, adequate, so-so, reasonable, passable,
middling, as expected, much like before, neither good nor bad, a matter of taste, fairly conventional,
hard to judge, not unusual, about right, competent, serviceable, tolerable, all right, unusual, different,
unchanged, comparable, similar to the last one`);

/** Before an adjective. The first half also says "very"; the rest qualifies. */
export const degrees = list(`
very, so, really, quite, pretty, truly, incredibly, absolutely, rather, totally, extremely, completely,
surprisingly, genuinely, utterly, remarkably, consistently, simply, thoroughly, always, often, sometimes,
mostly, deeply, fairly, wonderfully, terribly, painfully, strangely, oddly, unexpectedly, undeniably,
relentlessly, occasionally, equally, wildly, profoundly, refreshingly, curiously, endlessly, perfectly,
seriously, unusually, particularly, especially, exceptionally, impossibly, unbearably, quietly,
delightfully, reliably, uniformly, frankly`);
