import { list } from './words.ts';

/** What a good work has: used as in "full of warmth", "its wit". Uncountable or taken as such. */
export const virtues = list(`
charm, heart, humour, energy, wit, style, warmth, humanity, honesty, emotion, intelligence, tension,
passion, depth, beauty, imagination, grace, life, soul, character, feeling, insight, intensity, power,
suspense, truth, magic, clarity, confidence, courage, compassion, care, attention to detail, craft, skill,
talent, conviction, sincerity, authenticity, originality, subtlety, sensitivity, tenderness, dignity,
elegance, sophistication, polish, verve, vigour, vitality, exuberance, enthusiasm, joy, delight, wonder,
mystery, atmosphere, texture, nuance, complexity, ambiguity, irony, satire, mischief, playfulness,
spontaneity, chemistry, charisma, presence, authority, precision, discipline, restraint, patience,
curiosity, ambition, daring, audacity, bravery, generosity, kindness, empathy, wisdom, maturity,
perspective, pathos, poetry, lyricism, rhythm, momentum, pace, flair, panache, gusto, zest, zing, sparkle,
bite, edge, punch, spice, flavour, freshness, comfort, quality, value, consistency, reliability, good sense,
common sense, substance, meaning, integrity, gravitas, resonance, hope, optimism, goodwill, good humour,
quiet confidence, visual flair, sly humour`);

export const faults = list(`
boredom, confusion, repetition, nonsense, noise, clichés, stereotypes, laziness, stupidity, sentimentality,
pretension, violence, gore, profanity, vulgarity, melodrama, exposition, padding, filler, dead air,
dead weight, false notes, loose ends, plot holes, missed opportunities, wasted potential, empty promises,
hidden costs, poor decisions, bad jokes, bad taste, bad timing, cheap tricks, cheap shots, toilet humour,
slapstick, schmaltz, treacle, bombast, bluster, cynicism, contempt, condescension, arrogance, self-pity,
self-importance, vanity, hypocrisy, cruelty, indifference, carelessness, clumsiness, incompetence,
negligence, confusion and delay, excuses, delays, errors, mistakes, bugs, crashes, glitches, complaints,
inconsistencies, contradictions, coincidences, contrivances, platitudes, slogans, buzzwords, gimmicks,
distractions, detours, dead ends, misery, gloom, despair, angst, hysteria, chaos, clutter, tedium, monotony,
inertia, mediocrity, predictability, superficiality, silliness`);

/** Who a story is about, who did something, who it is for. Countable, singular. */
export const roles = list(`
woman, man, girl, boy, father, mother, teacher, doctor, student, writer, detective, soldier, daughter, son,
brother, sister, widow, lawyer, nurse, journalist, musician, painter, dancer, singer, photographer, farmer,
fisherman, baker, chef, waitress, clerk, librarian, professor, scientist, engineer, pilot, sailor, captain,
policeman, judge, politician, priest, nun, monk, rabbi, thief, gambler, smuggler, hitman, assassin, spy,
prisoner, refugee, immigrant, orphan, grandmother, grandfather, uncle, aunt, cousin, nephew, niece,
neighbour, stranger, roommate, landlord, tenant, banker, broker, salesman, accountant, secretary, manager,
janitor, plumber, carpenter, electrician, mechanic, gardener, barber, hairdresser, tailor, butcher, grocer,
bartender, cabdriver, trucker, cyclist, runner, boxer, wrestler, swimmer, golfer, coach, referee,
cheerleader, astronaut, astronomer, biologist, chemist, physicist, mathematician, historian, linguist,
translator, editor, publisher, poet, playwright, novelist, sculptor, architect, designer, model, actress,
comedian, magician, clown, acrobat, puppeteer, pianist, violinist, cellist, drummer, guitarist, trumpeter,
conductor, composer, surgeon, dentist, pharmacist, therapist, psychiatrist, midwife, paramedic, firefighter,
lifeguard, ranger, hunter, trapper, shepherd, beekeeper, winemaker, brewer, cheesemaker, blacksmith,
watchmaker, jeweller, locksmith, cobbler, potter, weaver, seamstress, milliner, butler, maid, cook, nanny,
babysitter, tutor, governess, headmaster, schoolgirl, schoolboy, teenager, toddler, twin, bride, groom,
bridesmaid, bachelor, spinster, divorcee, pensioner, veteran, deserter, general, colonel, sergeant,
corporal, ambassador, diplomat, mayor, senator, president, king, queen, prince, princess, duke, duchess,
count, countess, emperor, pirate, outlaw, sheriff, cowboy, bounty hunter, private eye, con artist,
bank robber, drug dealer, gangster, mobster, vampire, werewolf, ghost, witch, wizard, robot, android, alien,
monster, superhero, sidekick, villain, hacker, programmer, gamer, blogger, influencer, activist,
whistleblower, lobbyist, trader`);

/** Whose they are: "her brother". */
export const relatives = list(`
mother, father, brother, sister, daughter, son, uncle, aunt, cousin, grandmother, best friend, boss,
neighbour, landlord, old teacher, first love, ex-wife, ex-husband, twin, stepmother, godfather, roommate,
business partner, rival, lawyer`);

/** Things of the everyday world, countable, singular. */
export const objects = list(`
house, car, letter, book, dog, door, phone, train, boat, box, bag, table, chair, window, camera, horse, cat,
garden, piano, bicycle, suitcase, map, diary, photograph, painting, guitar, violin, mirror, lamp, clock,
watch, ring, necklace, coat, jacket, dress, shirt, shoe, boot, hat, scarf, glove, umbrella, blanket, pillow,
bed, sofa, desk, drawer, shelf, cupboard, kettle, toaster, oven, fridge, freezer, dishwasher, blender,
knife, fork, spoon, plate, bowl, cup, mug, teapot, bottle, jar, basket, bucket, broom, ladder, hammer,
screwdriver, drill, saw, rope, chain, padlock, key, wallet, purse, backpack, tent, sleeping bag, compass,
telescope, microscope, radio, television, speaker, microphone, keyboard, printer, laptop, tablet, charger,
battery, cable, adapter, router, headset, controller, joystick, screen, monitor, projector, bus, tram, taxi,
truck, van, motorcycle, scooter, tractor, helicopter, plane, rocket, submarine, canoe, kayak, raft, ferry,
lighthouse, bridge, tunnel, tower, castle, palace, cathedral, chapel, temple, mosque, monastery, museum,
gallery, theatre, cinema, library, school, college, hospital, prison, factory, warehouse, mill, mine,
quarry, farm, barn, stable, orchard, vineyard, greenhouse, cottage, cabin, hut, mansion, villa, apartment,
basement, attic, balcony, terrace, staircase, corridor, kitchen, bathroom, bedroom, courtyard, fountain,
statue, gravestone, coin, stamp, postcard, ticket, passport, contract, manuscript, newspaper, magazine,
notebook, pencil, typewriter, parrot, rabbit, goat, donkey, sheep, cow, pig, chicken, duck, goose, swan,
crow, owl, eagle, falcon, wolf, fox, bear, deer, elephant, lion, tiger, monkey, snake, lizard, turtle, frog,
whale, dolphin, shark, octopus, crab, lobster, spider, beetle, butterfly, bee, tree, flower, rose, lily,
cactus, pumpkin, cucumber, tomato, potato, onion, lemon, pineapple, coconut, peach, sandwich, pancake, pie,
cake, cookie, pudding, sausage, omelette, burrito, dumpling, croissant, baguette, snowman, kite, balloon,
trampoline, swing, puzzle, chessboard, dice, toy, doll, teddy bear, puppet, mask, costume, wig, crown,
sword, shield, arrow, pistol`);

/** "in …", "at …": where a story is set or a thing was used. */
export const places = list(`
in a small town, in the city, at home, at work, in the countryside, by the sea, in the mountains,
on the road, in a hospital, at school, in a village, on an island, in the desert, on a farm, in the suburbs,
in prison, on a train, at the office, in the garden, in the kitchen, on the beach, in a hotel,
at the airport, at a wedding, at a funeral, in the rain, in the snow, under water, in outer space,
on the moon, behind closed doors, in a crowded bar, on a long flight, in bed, in a tiny apartment,
at the edge of the forest, on the night shift, in an abandoned factory, at a summer camp,
in the middle of nowhere, on the border, at the front, in a monastery, in the back of a van,
on a cruise ship`);

/** Names of feelings and matters, for titles and for what a work is about. */
export const themes = list(`
love, death, family, friendship, war, memory, loss, faith, money, guilt, power, revenge, justice, time,
home, desire, freedom, marriage, childhood, old age, grief, jealousy, loneliness, betrayal, forgiveness,
ambition, fame, class, race, identity, exile, hunger, work, music, art, sport, politics, religion, science,
nature, luck, obsession, addiction, illness, parenthood, sisterhood, brotherhood, duty, honour, shame, fear,
hope, truth, lies, secrets, silence, winter, summer, autumn, spring, midnight, morning, rain, snow, fire,
water, dust, salt, iron, glass, paper, bones, shadows, mirrors, rivers, islands, mountains, birds, wolves,
horses, bees, apples, lemons, oranges, roses, thorns, stars`);
