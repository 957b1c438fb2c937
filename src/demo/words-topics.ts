import { list } from './words.ts';

/** What a text is about. Lists begin with the common words. */
export interface Topic {
  /** Countable, singular: "this film". */
  readonly things: readonly string[];
  /** Singular with "the": "the acting was…". */
  readonly aspects: readonly string[];
  /** Plural with "the": "the characters are…". */
  readonly parts: readonly string[];
  /** Singular roles: "the director". */
  readonly people: readonly string[];
  /** Modifiers of a thing: "a romantic film". */
  readonly kinds: readonly string[];
  /** "beautifully acted". */
  readonly done: readonly string[];
  /** What the writer did with the thing, past tense: "I watched". */
  readonly used: readonly string[];
  /** It tells a story. */
  readonly told?: true;
}

const film: Topic = {
  things: list(`film, movie, comedy, drama, picture, thriller, documentary, romance, sequel, remake, debut, adaptation,
    satire, western, musical, biopic, fable, farce, melodrama, caper, feature, short, prequel, tearjerker, blockbuster`),
  aspects: list(`story, plot, script, acting, cast, direction, dialogue, ending, music, camera work, screenplay, pacing,
    cinematography, editing, soundtrack, score, premise, narrative, humour, tone, opening scene, second half, first act,
    final reel, setting, casting, lighting, voice-over, production design, costume design, sound design, finale,
    love story, car chase, animation, twist, framing, colour palette, subplot, running time, trailer, title sequence`),
  parts: list(`characters, performances, scenes, jokes, actors, special effects, dialogues, costumes, visuals, songs, leads,
    action scenes, fight scenes, supporting players, one-liners, images, sets, locations, flashbacks, close-ups, stunts,
    monologues, subtitles, gags, set pieces, dance numbers, love scenes, villains, cameos, end credits`),
  people: list(`director, lead, actor, actress, star, screenwriter, filmmaker, producer, hero, heroine, villain, narrator,
    cinematographer, editor, composer, leading man, leading lady, supporting cast, newcomer, ensemble, sidekick`),
  kinds: list(`romantic, horror, action, family, war, crime, teen, independent, black, coming-of-age, road, science-fiction,
    period, sports, spy, courtroom, disaster, martial-arts, superhero, zombie, heist, buddy, slasher, erotic, gangster,
    historical, psychological, political, mystery, fantasy, animated, silent, black-and-white, low-budget, Hollywood`),
  done: list('acted, directed, shot, edited, cast, filmed, photographed, scripted, scored, animated, staged, lit, performed'),
  used: list('watched, saw, rented, caught, sat through, finished, streamed, walked out of, rewatched, recommended'),
  told: true,
};

const series: Topic = {
  things: list('series, show, sitcom, season, episode, pilot, soap, miniseries, reboot, spin-off, reality show, talk show'),
  aspects: list(`writing, story, acting, pilot, finale, first season, last episode, plot, cliffhanger, theme song, chemistry,
    casting, humour, pacing, production, laugh track, dialogue, new season, setting, subplot, character development`),
  parts: list(`characters, episodes, storylines, jokes, performances, actors, seasons, twists, scripts, guest stars, sets,
    dialogues, relationships, contestants, judges, hosts, costumes, locations, villains, running gags`),
  people: list('showrunner, host, lead, writer, star, presenter, narrator, detective, leading actress, creator, network'),
  kinds: list('crime, comedy, hospital, police, period, teen, fantasy, cooking, science-fiction, family, late-night, legal'),
  done: list('acted, cast, plotted, directed, shot, scripted, edited, filmed'),
  used: list('watched, binged, started, finished, gave up on, rewatched, streamed, recommended, followed'),
  told: true,
};

const book: Topic = {
  things: list(`book, novel, memoir, biography, thriller, collection, story, guide, cookbook, debut, textbook, essay, anthology,
    comic, graphic novel, novella, audiobook, sequel, trilogy, handbook, travelogue, poem`),
  aspects: list(`writing, plot, prose, story, ending, pacing, style, voice, premise, research, first chapter, last chapter,
    translation, cover, narrator, introduction, index, world-building, tone, setting, structure, language, middle section`),
  parts: list(`characters, chapters, descriptions, pages, dialogues, recipes, illustrations, examples, arguments, details, ideas,
    footnotes, metaphors, sentences, twists, themes, exercises, maps, essays, stories, poems, sources`),
  people: list('author, writer, narrator, heroine, hero, translator, editor, publisher, protagonist, illustrator, biographer'),
  kinds: list(`crime, historical, fantasy, children's, travel, science-fiction, mystery, romance, cookery, self-help, business,
    young-adult, spy, literary, horror, political, philosophical, epistolary, gothic, detective`),
  done: list('written, plotted, researched, translated, edited, narrated, argued, illustrated, told, printed, bound'),
  used: list('read, finished, bought, reread, borrowed, put down, devoured, skimmed, started, recommended, listened to'),
  told: true,
};

const music: Topic = {
  things: list(`album, song, record, concert, single, track, mixtape, EP, soundtrack, gig, festival, ballad, tune, cover, remix,
    symphony, opera, live set, playlist, music video, comeback, encore`),
  aspects: list(`sound, voice, production, melody, chorus, bass, beat, guitar work, songwriting, mixing, opening track, title track,
    rhythm section, drumming, piano, crowd, set list, artwork, arrangement, tempo, bridge, sound quality, live version`),
  parts: list(`lyrics, vocals, songs, tracks, harmonies, beats, hooks, riffs, drums, strings, horns, solos, verses, choruses,
    melodies, guitars, samples, synthesizers, backing vocals, arrangements, B-sides, interludes`),
  people: list('singer, band, drummer, guitarist, rapper, producer, orchestra, bassist, conductor, songwriter, pianist, DJ, choir'),
  kinds: list('jazz, pop, rock, folk, country, live, acoustic, hip-hop, electronic, punk, soul, blues, metal, indie, classical, disco'),
  done: list('sung, played, produced, mixed, recorded, arranged, performed, composed, mastered, sequenced'),
  used: list('heard, bought, listened to, streamed, played, discovered, skipped, replayed, went to, missed'),
};

const game: Topic = {
  things: list('game, sequel, shooter, puzzle game, remaster, demo, expansion, platformer, simulator, board game, port, prequel'),
  aspects: list(`story, gameplay, combat, soundtrack, multiplayer, campaign, level design, art style, tutorial, difficulty, map,
    frame rate, voice acting, ending, crafting, matchmaking, inventory, camera, physics engine, final boss, open world, lore`),
  parts: list(`graphics, controls, characters, levels, missions, puzzles, weapons, servers, bosses, updates, loading times, menus,
    side quests, cutscenes, enemies, achievements, animations, environments, rules, cards, microtransactions, bugs`),
  people: list('developer, studio, publisher, hero, villain, main character, community, boss, enemy, designer, tester'),
  kinds: list('racing, role-playing, strategy, horror, fighting, indie, mobile, puzzle, adventure, survival, arcade, co-op'),
  done: list('designed, optimized, animated, coded, ported, voiced, scripted, tested, polished, balanced'),
  used: list('played, bought, finished, tried, preordered, uninstalled, downloaded, replayed, completed, abandoned'),
  told: true,
};

const restaurant: Topic = {
  things: list(`restaurant, place, café, bar, pizzeria, bakery, diner, bistro, pub, food truck, steakhouse, noodle shop, brunch,
    tasting menu, burger joint, tapas bar, coffee shop, ice cream parlour, dinner, lunch, takeaway, deli`),
  aspects: list(`food, service, menu, coffee, atmosphere, wine list, bread, pizza, soup, dessert, salad, fish, chicken, steak, sauce,
    rice, pasta, curry, beer, bill, terrace, music, view, kitchen, decor, portion size, location, breakfast, cheesecake,
    tiramisu, risotto, ramen, guacamole, brisket, lamb, tofu, espresso, seasoning, presentation, parking, wait, queue`),
  parts: list(`waiters, dishes, prices, portions, tables, drinks, cocktails, desserts, starters, vegetables, fries, pancakes, tacos,
    dumplings, noodles, oysters, mussels, prawns, side dishes, opening hours, toilets, staff members, ingredients, pastries`),
  people: list('waiter, chef, waitress, owner, bartender, hostess, barista, manager, cook, sommelier, sous-chef, pastry chef'),
  kinds: list(`Italian, Thai, Mexican, French, Indian, vegan, family-run, seafood, neighbourhood, rooftop, Japanese, Lebanese,
    Vietnamese, Ethiopian, Korean, Greek, Turkish, Peruvian, all-day, late-night, farm-to-table, fine-dining`),
  done: list('cooked, seasoned, served, presented, prepared, grilled, baked, plated, lit, decorated, staffed'),
  used: list('tried, visited, booked, left, went to, returned to, chose, recommended, ordered from, walked into'),
};

const hotel: Topic = {
  things: list(`hotel, hostel, room, resort, guesthouse, apartment, campsite, suite, motel, spa, bed and breakfast, holiday, cruise, tour,
    retreat, lodge, villa, inn, cabin`),
  aspects: list(`breakfast, location, bed, service, view, pool, bathroom, shower, reception, staff, wifi, air conditioning, check-in, gym,
    lobby, balcony, mattress, housekeeping, room service, neighbourhood, sauna, minibar, heating, carpet, buffet, garden, lift`),
  parts: list(`rooms, beds, staff members, towels, pillows, walls, sheets, windows, prices, corridors, guests, facilities, lifts,
    restaurants nearby, curtains, toiletries, sockets, sun loungers, stairs, photos on the website`),
  people: list('receptionist, manager, host, porter, owner, housekeeper, tour guide, concierge, cleaner, night porter, masseur'),
  kinds: list('boutique, budget, beach, city, family, airport, luxury, four-star, all-inclusive, mountain, business, seaside'),
  done: list('cleaned, furnished, located, equipped, run, decorated, maintained, staffed, renovated, soundproofed'),
  used: list('booked, stayed at, left, cancelled, chose, visited, recommended, returned to, checked out of'),
};

const gadget: Topic = {
  things: list(`phone, laptop, camera, tablet, watch, speaker, headset, keyboard, printer, television, monitor, charger, router,
    vacuum cleaner, coffee machine, blender, toaster, air fryer, drill, lamp, drone, e-reader, power bank, mouse, kettle, heater`),
  aspects: list(`battery, screen, battery life, sound, build quality, design, price, camera, keyboard, display, software, set-up, manual,
    packaging, motor, charging, cable, warranty, interface, remote control, signal, weight, fan, touchpad, microphone, firmware,
    picture quality, power button, filter, hinge, noise level, delivery, customer support, bluetooth connection, user guide`),
  parts: list(`buttons, speakers, features, settings, instructions, ports, photos, batteries, updates, blades, accessories, menus,
    notifications, materials, edges, colours, attachments, spare parts, reviews, sensors, lights, cables, screws`),
  people: list('seller, manufacturer, support team, technician, courier, shop assistant, engineer, reviewer, customer service agent'),
  kinds: list('wireless, cheap, budget, second-hand, portable, gaming, smart, refurbished, digital, flagship, compact, rechargeable'),
  done: list('built, designed, packaged, engineered, assembled, priced, finished, made, calibrated, thought out'),
  used: list('bought, returned, ordered, tested, used, replaced, unboxed, recommended, received, sent back, upgraded to'),
};

const app: Topic = {
  things: list(`app, website, update, service, platform, program, tool, browser, newsletter, podcast, subscription, plugin, assistant, bot,
    search engine, online shop, online course, bank, calendar, dashboard`),
  aspects: list(`interface, design, search, login, support, new version, free version, layout, sync, performance, sign-up, checkout, help page,
    dark mode, pricing, onboarding, payment, privacy policy, home page, chat, documentation, export, offline mode, live chat`),
  parts: list(`ads, notifications, features, settings, updates, menus, prices, buttons, reminders, filters, error messages, shortcuts,
    subscriptions, permissions, emails, widgets, recommendations, templates, plans, reports, lessons, episodes`),
  people: list('developer, support team, moderator, company, designer, host, instructor, help desk, chatbot, founder'),
  kinds: list('banking, dating, fitness, weather, language, photo, free, open-source, shopping, news, travel, meditation, note-taking'),
  done: list('designed, built, maintained, documented, tested, translated, updated, organized, coded, supported'),
  used: list('installed, deleted, tried, downloaded, updated, used, subscribed to, cancelled, recommended, switched to'),
};

const journey: Topic = {
  things: list('flight, trip, train ride, bus, airline, ferry, airport, ride, taxi, connection, layover, commute, night train, rental car'),
  aspects: list(`service, boarding, seat, food, crew, legroom, check-in, luggage handling, cabin, ticket, delay, customer service, app, departure,
    landing, entertainment, security line, lounge, upgrade, refund process, schedule, transfer, air conditioning, parking`),
  parts: list('seats, staff members, prices, delays, fees, queues, toilets, announcements, meals, snacks, bags, tickets, gates, windows'),
  people: list('driver, pilot, crew, flight attendant, gate agent, conductor, agent, steward, captain, passenger next to me'),
  kinds: list('overnight, early, delayed, direct, regional, international, long-haul, crowded, last-minute, cheap, scenic, connecting'),
  done: list('organized, handled, run, planned, staffed, scheduled, coordinated, announced, cleaned'),
  used: list('took, booked, missed, boarded, paid for, caught, cancelled, survived, chose, got off'),
};

const shopping: Topic = {
  things: list(`dress, jacket, pair of shoes, coat, shirt, sweater, bag, mattress, chair, sofa, lamp, toy, watch, perfume, shampoo, backpack,
    raincoat, scarf, desk, tent, bicycle, gift, order, delivery, package, candle, pillow, rug, wallet, necklace`),
  aspects: list(`quality, fabric, colour, fit, size, price, delivery, packaging, stitching, zip, material, smell, cut, shape, sole, lining,
    customer service, refund, return policy, finish, waist, collar, buckle, assembly, photo, description, label, wrapping`),
  parts: list('sleeves, colours, seams, buttons, straps, pockets, sizes, instructions, screws, wheels, heels, laces, legs, zips, handles'),
  people: list('seller, courier, shop assistant, designer, brand, manufacturer, delivery driver, shop owner, tailor'),
  kinds: list('winter, summer, cotton, leather, silk, woollen, evening, running, hiking, handmade, waterproof, oversized, vintage'),
  done: list('made, packaged, stitched, finished, designed, cut, priced, wrapped, assembled, sewn'),
  used: list('bought, ordered, returned, wore, received, sent back, tried on, gave away, recommended, assembled'),
};

const stage: Topic = {
  things: list('play, musical, show, exhibition, ballet, production, museum, performance, workshop, lecture, match, tournament, race, party'),
  aspects: list(`staging, choreography, music, set, lighting, acting, venue, audience, first half, atmosphere, sound, orchestra, second act,
    final scene, programme, curation, ticket price, organization, defence, midfield, opening ceremony, commentary`),
  parts: list('costumes, dancers, actors, seats, paintings, players, tickets, voices, sculptures, speakers, songs, rooms, goals, fans'),
  people: list('director, cast, lead, dancer, conductor, curator, speaker, coach, goalkeeper, striker, referee, organizer, artist'),
  kinds: list('modern, classical, open-air, student, touring, experimental, charity, sold-out, amateur, interactive, annual'),
  done: list('staged, choreographed, performed, organized, curated, lit, rehearsed, sung, directed'),
  used: list('saw, attended, visited, enjoyed, left, booked, missed, watched, sat through, went to'),
  told: true,
};

/** The topics of film criticism, and those of everybody's posts and reviews. */
export const criticTopics: readonly Topic[] = [film, film, film, film, series, book, music, stage];
export const everydayTopics: readonly Topic[] = [
  film, series, book, music, game, restaurant, hotel, gadget, app, journey, shopping, stage,
];
