export async function show(view) { view.append('map'); }
