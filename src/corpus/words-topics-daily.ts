import { list } from './words.ts';
import type { Topic } from './topic.ts';

export const restaurant: Topic = {
  things: list(`
    restaurant, place, café, bar, pizzeria, bakery, diner, bistro, pub, food truck, steakhouse, noodle shop,
    brunch, tasting menu, burger joint, tapas bar, coffee shop, ice cream parlour, dinner, lunch, takeaway,
    deli`),
  aspects: list(`
    food, service, menu, coffee, atmosphere, wine list, bread, pizza, soup, dessert, salad, fish, chicken,
    steak, sauce, rice, pasta, curry, beer, bill, terrace, music, view, kitchen, decor, portion size,
    location, breakfast, cheesecake, tiramisu, risotto, ramen, guacamole, brisket, lamb, tofu, espresso,
    seasoning, presentation, parking, wait, queue`),
  parts: list(`
    waiters, dishes, prices, portions, tables, drinks, cocktails, desserts, starters, vegetables, fries,
    pancakes, tacos, dumplings, noodles, oysters, mussels, prawns, side dishes, opening hours, toilets,
    staff members, ingredients, pastries`),
  people: list(`
    waiter, chef, waitress, owner, bartender, hostess, barista, manager, cook, sommelier, sous-chef,
    pastry chef`),
  kinds: list(`
    Italian, Thai, Mexican, French, Indian, vegan, family-run, seafood, neighbourhood, rooftop, Japanese,
    Lebanese, Vietnamese, Ethiopian, Korean, Greek, Turkish, Peruvian, all-day, late-night, farm-to-table,
    fine-dining`),
  done: list(
    'cooked, seasoned, served, presented, prepared, grilled, baked, plated, lit, decorated, staffed',
  ),
  used: list(`
    tried, visited, booked, left, went to, returned to, chose, recommended, ordered from, walked into`),
};

export const hotel: Topic = {
  things: list(`
    hotel, hostel, room, resort, guesthouse, apartment, campsite, suite, motel, spa, bed and breakfast,
    holiday, cruise, tour, retreat, lodge, villa, inn, cabin`),
  aspects: list(`
    breakfast, location, bed, service, view, pool, bathroom, shower, reception, staff, wifi,
    air conditioning, check-in, gym, lobby, balcony, mattress, housekeeping, room service, neighbourhood,
    sauna, minibar, heating, carpet, buffet, garden, lift`),
  parts: list(`
    rooms, beds, staff members, towels, pillows, walls, sheets, windows, prices, corridors, guests,
    facilities, lifts, restaurants nearby, curtains, toiletries, sockets, sun loungers, stairs,
    photos on the website`),
  people: list(`
    receptionist, manager, host, porter, owner, housekeeper, tour guide, concierge, cleaner, night porter,
    masseur`),
  kinds: list(`
    boutique, budget, beach, city, family, airport, luxury, four-star, all-inclusive, mountain, business,
    seaside`),
  done: list(`
    cleaned, furnished, located, equipped, run, decorated, maintained, staffed, renovated, soundproofed`),
  used: list('booked, stayed at, left, cancelled, chose, visited, recommended, returned to, checked out of'),
};

export const gadget: Topic = {
  things: list(`
    phone, laptop, camera, tablet, watch, speaker, headset, keyboard, printer, television, monitor, charger,
    router, vacuum cleaner, coffee machine, blender, toaster, air fryer, drill, lamp, drone, e-reader,
    power bank, mouse, kettle, heater`),
  aspects: list(`
    battery, screen, battery life, sound, build quality, design, price, camera, keyboard, display, software,
    set-up, manual, packaging, motor, charging, cable, warranty, interface, remote control, signal, weight,
    fan, touchpad, microphone, firmware, picture quality, power button, filter, hinge, noise level,
    delivery, customer support, bluetooth connection, user guide`),
  parts: list(`
    buttons, speakers, features, settings, instructions, ports, photos, batteries, updates, blades,
    accessories, menus, notifications, materials, edges, colours, attachments, spare parts, reviews,
    sensors, lights, cables, screws`),
  people: list(`
    seller, manufacturer, support team, technician, courier, shop assistant, engineer, reviewer,
    customer service agent`),
  kinds: list(`
    wireless, cheap, budget, second-hand, portable, gaming, smart, refurbished, digital, flagship, compact,
    rechargeable`),
  done: list(`
    built, designed, packaged, engineered, assembled, priced, finished, made, calibrated, thought out`),
  used: list(`
    bought, returned, ordered, tested, used, replaced, unboxed, recommended, received, sent back,
    upgraded to`),
};

export const app: Topic = {
  things: list(`
    app, website, update, service, platform, program, tool, browser, newsletter, podcast, subscription,
    plugin, assistant, bot, search engine, online shop, online course, bank, calendar, dashboard`),
  aspects: list(`
    interface, design, search, login, support, new version, free version, layout, sync, performance,
    sign-up, checkout, help page, dark mode, pricing, onboarding, payment, privacy policy, home page, chat,
    documentation, export, offline mode, live chat`),
  parts: list(`
    ads, notifications, features, settings, updates, menus, prices, buttons, reminders, filters,
    error messages, shortcuts, subscriptions, permissions, emails, widgets, recommendations, templates,
    plans, reports, lessons, episodes`),
  people: list(`
    developer, support team, moderator, company, designer, host, instructor, help desk, chatbot, founder`),
  kinds: list(`
    banking, dating, fitness, weather, language, photo, free, open-source, shopping, news, travel,
    meditation, note-taking`),
  done: list(`
    designed, built, maintained, documented, tested, translated, updated, organized, coded, supported`),
  used: list(`
    installed, deleted, tried, downloaded, updated, used, subscribed to, cancelled, recommended, switched to`),
};

export const journey: Topic = {
  things: list(`
    flight, trip, train ride, bus, airline, ferry, airport, ride, taxi, connection, layover, commute,
    night train, rental car`),
  aspects: list(`
    service, boarding, seat, food, crew, legroom, check-in, luggage handling, cabin, ticket, delay,
    customer service, app, departure, landing, entertainment, security line, lounge, upgrade,
    refund process, schedule, transfer, air conditioning, parking`),
  parts: list(`
    seats, staff members, prices, delays, fees, queues, toilets, announcements, meals, snacks, bags,
    tickets, gates, windows`),
  people: list(`
    driver, pilot, crew, flight attendant, gate agent, conductor, agent, steward, captain,
    passenger next to me`),
  kinds: list(`
    overnight, early, delayed, direct, regional, international, long-haul, crowded, last-minute, cheap,
    scenic, connecting`),
  done: list('organized, handled, run, planned, staffed, scheduled, coordinated, announced, cleaned'),
  used: list('took, booked, missed, boarded, paid for, caught, cancelled, survived, chose, got off'),
};

export const shopping: Topic = {
  things: list(`
    dress, jacket, pair of shoes, coat, shirt, sweater, bag, mattress, chair, sofa, lamp, toy, watch,
    perfume, shampoo, backpack, raincoat, scarf, desk, tent, bicycle, gift, order, delivery, package,
    candle, pillow, rug, wallet, necklace`),
  aspects: list(`
    quality, fabric, colour, fit, size, price, delivery, packaging, stitching, zip, material, smell, cut,
    shape, sole, lining, customer service, refund, return policy, finish, waist, collar, buckle, assembly,
    photo, description, label, wrapping`),
  parts: list(`
    sleeves, colours, seams, buttons, straps, pockets, sizes, instructions, screws, wheels, heels, laces,
    legs, zips, handles`),
  people: list(`
    seller, courier, shop assistant, designer, brand, manufacturer, delivery driver, shop owner, tailor`),
  kinds: list(`
    winter, summer, cotton, leather, silk, woollen, evening, running, hiking, handmade, waterproof,
    oversized, vintage`),
  done: list('made, packaged, stitched, finished, designed, cut, priced, wrapped, assembled, sewn'),
  used: list(`
    bought, ordered, returned, wore, received, sent back, tried on, gave away, recommended, assembled`),
};
