// The catalogue's sites and cities, read once: names change only with the service.

import { get } from './api.js';
import { nameOf } from './words.js';

let reading = null;

/** Read every place. */
export function readPlaces() {
  reading ??= Promise.all([get('/v1/sites'), get('/v1/cities')]).then(([{ sites }, { cities }]) => new Map([...cities, ...sites].map((place) => [place.id, place])))
    .catch((error) => { reading = null; throw error; });
  return reading;
}

/** A function from ids to names in the chosen language; an id of no place stays itself. */
export async function placeNames() {
  const places = await readPlaces();
  return (id) => (id ? nameOf(places.get(id)) || id : '–');
}
