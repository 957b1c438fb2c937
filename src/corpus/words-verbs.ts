import { list } from './words.ts';

/** What something does to us. Transitive and regular, base form: "delights", "delighted". */
export const pleases = list(`
delight, charm, surprise, entertain, move, touch, amuse, impress, reward, thrill, enchant, captivate,
fascinate, amaze, inspire, please, satisfy, astonish, dazzle, engage, absorb, grip, rivet, intrigue, disarm,
refresh, comfort, console, soothe, enlighten, enrich, educate, energize, excite, invigorate, tickle,
beguile, bewitch, mesmerize, hypnotize, transport, overwhelm, astound, stun, reassure, welcome, nourish,
stimulate, challenge, provoke, haunt, seduce, convert, persuade, convince, cheer, gladden, electrify,
exhilarate, transfix, uplift, enrapture, warm`);

export const displeases = list(`
bore, annoy, disappoint, frustrate, irritate, confuse, insult, alienate, exhaust, offend, bother, depress,
bewilder, infuriate, disgust, puzzle, cheat, betray, patronize, exasperate, aggravate, baffle, mystify,
unsettle, sicken, horrify, distress, disturb, embarrass, enrage, provoke, trouble, discourage, dishearten,
demoralize, perplex, tire, numb, stupefy, torment, torture, punish, assault, pester, nag, trick, swindle,
shortchange, fail`);

/** Who it is done to. */
export const audiences = list(`
me, you, its audience, the viewer, everyone, us, my family, the whole family, my friends, the kids, my wife,
my husband, even the most jaded critic, anyone with a pulse, the faithful, newcomers, long-time fans,
my mother, my father, my teenage daughter, my little brother, my colleagues, most people, grown-ups,
children of all ages, the casual visitor, first-time users, beginners, experts, hard-core enthusiasts,
purists, sceptics like me, non-believers, tourists, regulars, the neighbours, my grandparents, my roommate,
half the office, the people next to us, everybody at the table`);

/** Whole predicates, third person singular. */
export const thrives = list(`
works, delivers, works beautifully, never disappoints, gets better every time, holds up well,
is worth every penny, does everything right, hits all the right notes, stays with you, lingers in the mind,
rings true, is a pleasure, is a joy from start to finish, exceeds every expectation, comes together nicely,
never puts a foot wrong, keeps its promises, is full of surprises, has real heart,
has something for everyone, packs a punch, earns its tears, gets under your skin, moves at a good clip,
flies by, casts a spell, sings, sparkles, soars, shines, glows with confidence, takes real risks,
makes it look easy, brings a smile to my face, left me speechless, made my day, blew me away, won me over,
is pure gold, is the real deal, stands head and shoulders above the rest, is hard to fault,
pays off handsomely, ages like good wine, deserves all the praise, deserves a bigger audience,
is a breath of fresh air, is money well spent, is a small miracle, is second to none, sets a new standard,
raises the bar, ticks all the boxes, does exactly what it says, still feels fresh, rewards patience,
repays a second look, has a big heart, finds the right balance, knows exactly what it is doing`);

export const flops = list(`
fails, drags, falls flat, falls apart, goes nowhere, never comes together, wears out its welcome,
is a waste of time, is a waste of money, makes no sense, misses the mark, runs out of steam,
runs out of ideas, loses its way, disappoints, never gets going, is going through the motions,
leaves a bad taste, left me cold, put me to sleep, gave me a headache, made me want to leave,
tries too hard, takes itself too seriously, outstays its welcome, collapses under its own weight,
sinks without a trace, fizzles out, plods along, limps to a close, stumbles badly, grates on the nerves,
rings false, feels like homework, feels like a chore, feels twice as long as it is,
insults our intelligence, deserves to be forgotten, should have been better, could have been so much more,
is a huge letdown, is a mess, is a disaster, is a lost cause, is best avoided, is not worth the trouble,
broke after a week, stopped working, never lives up to its promise, has no idea what it wants to be,
has nothing new to say, cuts every corner, goes from bad to worse, hits rock bottom,
leaves a lot to be desired, barely does the job, is too little too late, is a pale copy of better things`);

/** Predicates that only report. */
export const reports = list(`
lasts about two hours, opens next week, starts slowly, comes in two sizes, is based on a true story,
was made in a hurry, has been around for years, is aimed at a younger crowd, borrows from older things,
takes its time, is what it is, does what you would expect, is about the same as before,
changes halfway through, ends where it began, has its fans, is not for everyone, depends on your mood,
sits somewhere in the middle, is neither here nor there, comes with a manual, arrives in a plain box,
is closed on Mondays, is open until midnight, fills up quickly, can be found online, costs a little more,
was updated last month, has moved across the street, replaces the old one, looks like the picture,
is hard to describe, needs some getting used to, will find its audience, was better known in its day,
is slightly different from the original`);

/** What people in stories do. Transitive, base form, regular. */
export const deeds = list(`
follow, visit, marry, discover, rescue, betray, befriend, pursue, confront, protect, abandon, inherit,
investigate, blackmail, impersonate, adopt, hire, train, challenge, deceive, defend, escape, explore, haunt,
help, interview, join, love, murder, observe, obey, paint, photograph, poison, record, recruit, remember,
resist, search for, serve, shelter, sketch, stalk, suspect, talk to, threaten, torment, trust, walk past,
warn, work for`);

/** How something was done: "beautifully …". By the topic's own participles where it has some. */
export const participles = list(`
written, made, done, put together, paced, designed, presented, executed, handled, thought out, organized,
produced, packaged, balanced, structured, chosen, observed, realized, finished, prepared, constructed,
delivered, conceived`);

/** What became of them; past tense, so that it fits one or many. */
export const fates = list(`
lost everything, never came home, changed names, refused to give up, could not sleep, never learned to swim,
won the lottery, moved abroad, went into hiding, lived next door, wanted to be famous,
kept a secret for years, missed the last train, fell asleep at the wheel,
fell in love with the wrong person, took the blame, broke the rules, ran away from school, built a boat,
bought a farm, opened a bakery, saw too much, knew too little, came back from the war,
sold the family house, woke up in a strange bed, forgot how to laugh, hated the sea, dreamt of flying,
gave up music, stopped talking, grew up too fast, stole a painting, wrote letters to nobody,
lied about everything, had nothing left to lose, outlived all friends, took the wrong suitcase,
survived the flood, crossed the border at night, found a body, lost a bet, burned the evidence`);

/** What the writer felt, past tense, before an object. */
export const likings = list(`
loved, enjoyed, liked, adored, admired, appreciated, was impressed by, fell in love with, was moved by,
laughed at, was glad about, could not get enough of, was won over by, cheered for, will always remember,
was surprised by`);
export const dislikings = list(`
hated, disliked, did not like, could not stand, did not care for, got tired of, was let down by, regretted,
laughed at, was put off by, could not believe, struggled with, had no patience for, was appalled by,
never warmed to, complained about`);

/** What the reader is told, after "you". */
export const urges = list(`
should see for yourself, will not regret it, will love it, can't go wrong with it, have to try this,
will come back for more, may want to tell all your friends, will leave with a smile, need this in your life,
won't find a better one, will laugh and cry, get more than you pay for, can trust the good reviews,
will want to do it all again`);
export const warnings = list(`
should save your money, will regret it, can do better, should stay away from this, have been warned,
will want your money back, can skip this one, will be checking your watch, would do well to look elsewhere,
won't miss anything, will wonder why anyone bothered, deserve better, pay for things that never come,
may want to sit this one out`);

/** Ends of a sentence, without and with a comma before. */
export const asides = list(`
overall, at times, this time, in parts, as always, so far, in the end, for once, every time,
most of the time, on the whole, once again, from the start, after all, as well`);
export const afterthoughts = list(`
too, really, though, honestly, to be fair, if you ask me, to say the least, no doubt, I think, I suppose,
at least for me, as they say, believe me, for what it is, and then some, more or less, you know,
plain and simple, in my opinion, I swear`);
